internal import LinuxSystem
internal import NetworkModel

/// `link NAME [--verbose] [--resolved HOST=ADDRESS]…`, `reload` likewise, `unlink NAME [--force] [--verbose]`, `up`, `toggle` and `refresh [NAME]` with
/// the options of `link`, `down [NAME] [--verbose]`, `wait NAME --seconds=N [--quiet]`, `clean NAME [--dry-run]`, `plan NAME [ACTION]
/// [--resolved HOST=ADDRESS]…`, `show [NAME]`, `ways`, `look-up NAME`, `default`.
enum LinkRequest {
  case link(VPNName, resolved: [Resolved], isVerbose: Bool)
  case unlink(VPNName, isForced: Bool, isVerbose: Bool)
  case up(VPNName?, resolved: [Resolved], isVerbose: Bool)
  case down(VPNName?, isVerbose: Bool)
  case toggle(VPNName?, resolved: [Resolved], isVerbose: Bool)
  case refresh(VPNName?, resolved: [Resolved], isVerbose: Bool)
  case reload(VPNName, resolved: [Resolved], isVerbose: Bool)
  case wait(VPNName, seconds: UInt32, isQuiet: Bool)
  case clean(VPNName, isDry: Bool)
  case plan(VPNName, [PlannedAction], resolved: [Resolved])
  case show(VPNName?)
  case lookUp(VPNName)
  case ways
  case defaultName

  /// The address of one host name in a profile.
  struct Resolved {
    var host: [UInt8]
    var address: IPAddress
  }

  /// - Parameter words: all that was given to the program.
  init(_ words: [[UInt8]]) throws(Failure) {
    guard let verb = words.first else { throw Self.wrongUse }
    if let own = try Self.ownOptions(verb, words.dropFirst()) {
      self = own
      return
    }
    var name: VPNName?
    var resolved: [Resolved] = []
    var isForced = false
    var isVerbose = false
    var action: PlannedAction?
    var rest = words.dropFirst()
    while let word = rest.popFirst() {
      if word.equals("--force") {
        isForced = true
      } else if word.equals("--verbose") || word.equals("-v") {
        isVerbose = true
      } else if word.equals("--resolved") {
        guard let pair = rest.popFirst(), let equals = pair.lastIndex(of: 0x3d), let address = IPAddress(pair[(equals + 1)...]),
          address.isUnicast
        else { throw Self.wrongUse }
        resolved.append(Resolved(host: Array(pair[..<equals]), address: address))
      } else if name == nil {
        guard let given = VPNName(word) else { throw Failure("'\(String(printable: word.prefix(64)))' cannot be a VPN: \(VPNName.rule)") }
        name = given
      } else if verb.equals("plan"), action == nil, let given = PlannedAction(word) {
        action = given
      } else {
        throw Self.wrongUse
      }
    }
    if verb.equals("show"), resolved.isEmpty, !isForced {
      self = .show(name)
    } else if verb.equals("plan"), let name, !isForced, !isVerbose {
      self = .plan(name, action.map { [$0] } ?? PlannedAction.usual, resolved: resolved)
    } else if verb.equals("look-up"), let name, words.count == 2 {
      self = .lookUp(name)
    } else if verb.equals("ways"), words.count == 1 {
      self = .ways
    } else if verb.equals("default"), words.count == 1 {
      self = .defaultName
    } else if verb.equals("link"), let name, !isForced {
      self = .link(name, resolved: resolved, isVerbose: isVerbose)
    } else if verb.equals("unlink"), let name, resolved.isEmpty {
      self = .unlink(name, isForced: isForced, isVerbose: isVerbose)
    } else if verb.equals("up"), !isForced {
      self = .up(name, resolved: resolved, isVerbose: isVerbose)
    } else if verb.equals("down"), !isForced, resolved.isEmpty {
      self = .down(name, isVerbose: isVerbose)
    } else if verb.equals("toggle"), !isForced {
      self = .toggle(name, resolved: resolved, isVerbose: isVerbose)
    } else if verb.equals("refresh"), !isForced {
      self = .refresh(name, resolved: resolved, isVerbose: isVerbose)
    } else if verb.equals("reload"), let name, !isForced {
      self = .reload(name, resolved: resolved, isVerbose: isVerbose)
    } else {
      throw Self.wrongUse
    }
  }

  /// Those that have options of their own.
  private static func ownOptions(_ verb: [UInt8], _ words: ArraySlice<[UInt8]>) throws(Failure) -> LinkRequest? {
    guard verb.equals("wait") || verb.equals("clean") else { return nil }
    guard let name = words.first.flatMap({ VPNName($0) }) else { throw wrongUse }
    let options = words.dropFirst()
    if verb.equals("clean") {
      guard options.allSatisfy({ $0.equals("--dry-run") }) else { throw wrongUse }
      return .clean(name, isDry: !options.isEmpty)
    }
    var seconds: UInt32?
    for word in options where !word.equals("--quiet") {
      guard word.begins(with: "--seconds="), let given = UInt32(decimal: word.dropFirst(10)), given <= 3600 else { throw wrongUse }
      seconds = given
    }
    guard let seconds else { throw wrongUse }
    return .wait(name, seconds: seconds, isQuiet: options.contains { $0.equals("--quiet") })
  }

  private static var wrongUse: Failure { Failure("vpn-link is not for use by hand: `vpn --help` lists what there is") }
}
