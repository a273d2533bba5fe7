public import NetworkModel

/// What vpn-launch is asked: `--environment=FD [--errors=FD] [--user=UID:GID:GROUPS] [--strict [--allow=FILE]…] [--inbound=tcp/PORT,…]
/// [--publish=ADDRESS:PORT:PORT/tcp,…] [--lan=NETWORK,…] [--relay=FD] [--forward=PORT [--forward-run=COMMAND]] [--join=FD] [--verbose] [--quiet] NAME --
/// COMMAND [ARGUMENT…]`
///
/// glibc takes LD_*, TMPDIR and others out of the environment of a program with capabilities, so the caller's environment comes
/// through a descriptor, as NUL-terminated strings, and is given to execve only.
///
/// With `--again` before it, vpn-launch asks vpnrun for the same in return: the box has lost its tunnel. vpnrun has a new one made, and asks
/// vpn-launch again, with that word, so that this happens once.
public struct LaunchRequest: Equatable, Sendable {
  public var name: VPNName
  /// Its descriptor, 3 or higher.
  public var environment: Int32
  public var isAgain = false
  /// Where to say why the command was not started, instead of on standard error: 3 or higher, and closed as it starts.
  public var errors: Int32?
  public var isVerbose = false
  public var isQuiet = false
  /// In namespaces of its own for processes and IPC, with a /run and a /tmp of its own.
  public var isStrict = false
  /// Sockets and the like which it is to find there all the same, by their whole paths.
  public var allowed: [[UInt8]] = []
  /// Ports that are let in to it from the VPN.
  public var inbound: [TransportPort] = []
  /// Ports of the host that a process outside hands on to it.
  public var published: [PublishedPort] = []
  /// Where in the networks of this machine's links it may go, by the same process.
  public var lan: [LANDestination] = []
  /// Where that process reads by which addresses: 3 or higher, and closed as the command starts.
  public var relay: Int32?
  /// The network namespace of one that runs already, which the caller has opened: this command gets no network of its own. 3 or higher.
  public var joined: Int32?
  /// The provider is asked for a port, which leads to this one of the command's; 0: to that of the same number.
  public var forward: UInt16?
  /// What a shell does when that port changes, with `{port}` in it.
  public var forwardRun: [UInt8]?
  /// Instead of the caller, who must be root then: `UID:GID:GROUP,GROUP` in decimal.
  public var user: [UInt8]?
  /// At least one word.
  public var command: [[UInt8]]

  public init(_ name: VPNName, environment: Int32, command: [[UInt8]]) {
    self.name = name
    self.environment = environment
    self.command = command
  }

  /// - Parameter words: all that was given to the program.
  public init(_ words: [[UInt8]]) throws(RequestRefusal) {
    var next = 0
    var descriptor: Int32?
    var errors: Int32?
    var (isAgain, isStrict, isVerbose, isQuiet) = (false, false, false, false)
    var user: [UInt8]?
    var allowed: [[UInt8]] = []
    var inbound: [TransportPort] = []
    var published: [PublishedPort] = []
    var lan: [LANDestination] = []
    var relay: Int32?
    var joined: Int32?
    var forward: UInt16?
    var forwardRun: [UInt8]?
    while next < words.count {
      let word = words[next]
      if let value = Self.value(of: "--environment=", in: word) {
        descriptor = Int32(decimal: value)
      } else if let value = Self.value(of: "--errors=", in: word) {
        errors = Int32(decimal: value)
        guard let errors, errors > 2 else { throw .wrongUse }
      } else if let value = Self.value(of: "--user=", in: word) {
        user = Array(value)
      } else if Self.isAgain(word) {
        isAgain = true
      } else if word.elementsEqual("--strict".utf8) {
        isStrict = true
      } else if let value = Self.value(of: "--allow=", in: word) {
        allowed.append(Array(value))
      } else if let value = Self.value(of: "--inbound=", in: word) {
        guard let ports = TransportPort.list(value), ports.count <= Self.maximumOfPorts else { throw .wrongUse }
        inbound = ports
      } else if let value = Self.value(of: "--publish=", in: word) {
        guard let ports = PublishedPort.list(value), value.count <= PublishedPort.maximumOfText else { throw .wrongUse }
        published = ports
      } else if let value = Self.value(of: "--lan=", in: word) {
        guard let list = LANDestination.list(value), list.allSatisfy({ $0.isAllowed }) else { throw .wrongUse }
        lan = list
      } else if let value = Self.value(of: "--relay=", in: word) {
        relay = Int32(decimal: value)
        guard let relay, relay > 2 else { throw .wrongUse }
      } else if let value = Self.value(of: "--join=", in: word) {
        joined = Int32(decimal: value)
        guard let joined, joined > 2 else { throw .wrongUse }
      } else if let value = Self.value(of: "--forward=", in: word) {
        forward = UInt16(decimal: value)
        guard forward != nil else { throw .wrongUse }
      } else if let value = Self.value(of: "--forward-run=", in: word) {
        forwardRun = Array(value)
      } else if word.elementsEqual("--verbose".utf8) {
        isVerbose = true
      } else if word.elementsEqual("--quiet".utf8) {
        isQuiet = true
      } else {
        break
      }
      next += 1
    }
    guard let descriptor, descriptor > 2, descriptor != errors, relay == nil || (relay != descriptor && relay != errors),
      (published.isEmpty && lan.isEmpty) == (relay == nil), Self.hasRoom(published, lan),
      forwardRun == nil || (forward != nil && user == nil && !isStrict), isStrict || allowed.isEmpty,
      next + 2 < words.count,
      words[next + 1].elementsEqual("--".utf8)
    else { throw .wrongUse }
    // What comes in to a command is decided when its network is made.
    guard joined == nil || (joined != descriptor && joined != errors && inbound.isEmpty && relay == nil && forward == nil) else {
      throw .wrongUse
    }
    guard let name = VPNName(words[next]) else { throw .badName(words[next]) }
    self.init(name, environment: descriptor, command: Array(words[(next + 2)...]))
    (self.isAgain, self.isVerbose, self.isQuiet, self.user, self.errors) = (isAgain, isVerbose, isQuiet, user, errors)
    (self.isStrict, self.allowed, self.inbound) = (isStrict, allowed, inbound)
    self.lan = lan
    (self.published, self.relay, self.joined, self.forward, self.forwardRun) = (published, relay, joined, forward, forwardRun)
  }

  /// They stand in one text of the command's port.
  public static func hasRoom(_ published: [PublishedPort], _ lan: [LANDestination]) -> Bool {
    PublishedPort.text(published).utf8.count + LANDestination.text(lan).utf8.count <= PublishedPort.maximumOfText
  }

  /// One command's must not be all.
  public static let maximumOfPorts = 64

  public static func isAgain(_ word: [UInt8]) -> Bool { word.elementsEqual("--again".utf8) }

  private static func value(of option: String, in word: [UInt8]) -> ArraySlice<UInt8>? {
    word.starts(with: option.utf8) ? word.dropFirst(option.utf8.count) : nil
  }

  /// The words that say it.
  public var words: [[UInt8]] {
    var words = isAgain ? [Array("--again".utf8)] : []
    words.append(Array("--environment=\(environment)".utf8))
    if let errors { words.append(Array("--errors=\(errors)".utf8)) }
    if let user { words.append(Array("--user=".utf8) + user) }
    if isStrict { words.append(Array("--strict".utf8)) }
    if !inbound.isEmpty { words.append(Array("--inbound=\(TransportPort.text(inbound))".utf8)) }
    if !published.isEmpty { words.append(Array("--publish=\(PublishedPort.text(published))".utf8)) }
    if !lan.isEmpty { words.append(Array("--lan=\(LANDestination.text(lan))".utf8)) }
    if let relay { words.append(Array("--relay=\(relay)".utf8)) }
    if let joined { words.append(Array("--join=\(joined)".utf8)) }
    if let forward { words.append(Array("--forward=\(forward)".utf8)) }
    if let forwardRun { words.append(Array("--forward-run=".utf8) + forwardRun) }
    for path in allowed { words.append(Array("--allow=".utf8) + path) }
    if isVerbose { words.append(Array("--verbose".utf8)) }
    if isQuiet { words.append(Array("--quiet".utf8)) }
    return words + [Array(name.description.utf8), Array("--".utf8)] + command
  }
}
