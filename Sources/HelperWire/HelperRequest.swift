public import NetworkModel

/// What vpn-link is asked: a verb with what belongs to it, as words of a command line.
public struct HelperRequest: Equatable, Sendable {
  public var verb: Verb
  public var name: VPNName?
  public var isVerbose = false
  public var isForced = false
  public var isQuiet = false
  public var isDry = false
  public var isForLinked = false
  /// 0…3600.
  public var seconds: UInt32?
  /// `nil`: the usual ones.
  public var action: PlannedAction?
  public var resolved: [HostAddress] = []
  /// For `attach`, `detach`, `examine` and `publish`.
  public var attachment = Attachment()
  /// For `publish`.
  public var publication = Publication()
  /// For `direct-end`: the process that has gone outside.
  public var pid: Int32?
  /// For `direct`.
  public var direct: DirectRequest?

  /// The address of one host name in a profile: the one thing in a request that is neither a name nor a switch. vpn-link does not resolve
  /// names, for that needs plug-ins and the network.
  public struct HostAddress: Equatable, Sendable {
    public var host: [UInt8]
    public var address: IPAddress

    public init(host: [UInt8], address: IPAddress) {
      self.host = host
      self.address = address
    }
  }

  public init(_ verb: Verb, _ name: VPNName? = nil) {
    self.verb = verb
    self.name = name
  }

  public init(_ direct: DirectRequest) {
    self.init(.direct)
    self.direct = direct
  }

  /// - Parameter words: all that was given to the program.
  public init(_ words: [[UInt8]]) throws(RequestRefusal) {
    guard let verb = words.first.flatMap({ Verb($0) }) else { throw .wrongUse }
    self.init(verb)
    var rest = words.dropFirst()
    if verb.row.options.contains(.command) {
      direct = try DirectRequest(rest)
      return
    }
    while let word = rest.popFirst() { try read(word, &rest) }
    switch verb.row.name {
    case .none: guard name == nil else { throw .wrongUse }
    case .optional: break
    case .needed: guard name != nil else { throw .wrongUse }
    }
    guard verb.row.options.contains(.seconds) == (seconds != nil), verb.row.options.contains(.process) == (pid != nil) else {
      throw .wrongUse
    }
    switch verb {
    case .attach: guard attachment.namespace != nil, attachment.label != nil else { throw .wrongUse }
    case .publish:
      guard let namespace = attachment.namespace, namespace != publication.relay, publication.isWhole else { throw .wrongUse }
    case .detach: guard attachment.namespace != nil || attachment.label != nil else { throw .wrongUse }
    default: break
    }
  }

  private mutating func read(_ word: [UInt8], _ rest: inout ArraySlice<[UInt8]>) throws(RequestRefusal) {
    switch ByteString(word) {
    case "--verbose", "-v":
      try need(.verbose)
      isVerbose = true
    case "--force":
      try need(.force)
      isForced = true
    case "--quiet":
      try need(.quiet)
      isQuiet = true
    case "--dry-run":
      try need(.dryRun)
      isDry = true
    case "--linked":
      try need(.linked)
      isForLinked = true
    case "--resolved":
      try need(.resolved)
      guard let pair = rest.popFirst(), let equals = pair.lastIndex(of: 0x3d), let address = IPAddress(pair[(equals + 1)...]),
        address.isUnicast
      else { throw .wrongUse }
      resolved.append(HostAddress(host: Array(pair[..<equals]), address: address))
    case _ where word.starts(with: "--seconds=".utf8):
      try need(.seconds)
      guard let given = UInt32(decimal: word.dropFirst(10)), given <= 3600 else { throw .wrongUse }
      seconds = given
    case _ where verb.row.options.contains(.process) && word.starts(with: "--pid=".utf8):
      guard let given = Int32(decimal: word.dropFirst(6)), given > 0 else { throw .wrongUse }
      pid = given
    case _ where verb.row.options.contains(.namespace) && word.starts(with: "--".utf8):
      let isRead = verb.row.options.contains(.publication) ? publication.read(word) : nil
      guard isRead ?? attachment.read(word) else { throw .wrongUse }
    case _ where verb.row.name != .none && name == nil:
      guard let given = VPNName(word) else { throw .badName(word) }
      name = given
    default:
      guard verb.row.options.contains(.action), action == nil, let given = PlannedAction(word) else { throw .wrongUse }
      action = given
    }
  }

  private func need(_ option: Verb.Options) throws(RequestRefusal) {
    guard verb.row.options.contains(option) else { throw .wrongUse }
  }

  /// The words that say it.
  public var words: [[UInt8]] {
    wordsWithoutAddresses + resolved.flatMap { [Array("--resolved".utf8), $0.host + [0x3d] + Array($0.address.description.utf8)] }
  }

  /// For programs that never have any, and would not be small with what writes them.
  public var wordsWithoutAddresses: [[UInt8]] {
    var words = [verb.row.word]
    if let name { words.append(name.description) }
    if let action { words.append(action.word) }
    if isForced { words.append("--force") }
    if isVerbose { words.append("--verbose") }
    if isQuiet { words.append("--quiet") }
    if isDry { words.append("--dry-run") }
    if isForLinked { words.append("--linked") }
    if let seconds { words.append("--seconds=\(seconds)") }
    if let pid { words.append("--pid=\(pid)") }
    return words.map { Array($0.utf8) } + attachment.words + publication.words + (direct?.words ?? [])
  }
}

/// Why words are no request.
public enum RequestRefusal: Error, Equatable {
  case wrongUse
  /// Not a VPN's name: `VPNName.rule`.
  case badName([UInt8])
}
