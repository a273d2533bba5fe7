internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// What is to be run, and how: `vpnrun [OPTION…] [NAME] [OPTION…] [--] [COMMAND [ARGUMENT…]]`.
struct RunRequest: Equatable {
  /// `nil`: the default VPN.
  var name: VPNName?
  /// Where in the words the command begins; `nil`: the user's shell.
  var commandIndex: Int?
  /// Seconds, 1…3600, to wait for a handshake before the command is started.
  var wait: UInt32?
  /// Where the command stands instead of here.
  var folder: [UInt8]?
  /// The name or number of the command's user, if it is not the caller.
  var user: [UInt8]?
  var guarding = Guard.refuse
  var separation = Separate.no
  /// What a program that wants out would find is closed, but for these.
  var isStrict = false
  var allowed: [Allowed] = []
  /// Ports by which it can be reached from the VPN.
  var inbound: [TransportPort] = []
  /// Ports of this machine that are handed on to it.
  var published: [PublishedPort] = []
  /// Where it may go in the networks of this machine's links; empty: in all of them.
  var lan: [LANDestination]?
  /// The provider is asked for a port, which leads to this one of the command's; 0: to that of the same number.
  var forward: UInt16?
  /// What a shell does when that port changes.
  var forwardRun: [UInt8]?
  /// The pid or the label of one whose network it gets, instead of one of its own.
  var join: [UInt8]?
  /// Outside all VPNs, also those that the system is in.
  var isDirect = false
  /// A failure is shown on the screen: it was started by a click.
  var isForDesktop = false
  /// In the VPN where this process is already, if it is in one.
  var staysInside = false
  var isVerbose = false
  var isQuiet = false

  static let defaultWait: UInt32 = 15
}

/// What was typed.
enum Typed: Equatable {
  case run(RunRequest)
  /// Not typed: vpn-launch has found that the box has lost its tunnel.
  case again(LaunchRequest)
  case help
  case version
  /// Nothing at all.
  case nothing

  /// Options stand before the VPN's name and after it; the command begins with the first word that is none, or after `--`.
  /// - Parameter words: all after the program's name.
  static func read(_ words: [[UInt8]]) throws(Failure) -> Typed {
    guard let first = words.first else { return .nothing }
    if LaunchRequest.isAgain(first), let launch = try? LaunchRequest(words) { return .again(launch) }
    var request = RunRequest()
    var next = 0
    if let other = try request.take(words, &next) { return other }
    if request.isDirect, next == words.count { return try checked(request) }
    guard next < words.count else { throw wrong("which VPN, and which command? Type `vpnrun NAME -- COMMAND`") }
    if !words[next].equals("--") {
      guard let given = VPNName(words[next]) else {
        throw Slip.sentence(words[next]) ?? Failure("\(quoted(words[next])) cannot be a VPN: \(VPNName.rule)")
      }
      request.name = given
      next += 1
      if let other = try request.take(words, &next) { return other }
      if next == words.count {
        guard request.separation == .no else { throw wrong("which program? Type `vpnrun --separate \(given) -- firefox`") }
        return try checked(request)
      }
    }
    if words[next].equals("--") { next += 1 }
    guard next < words.count else {
      // A script whose list of words is empty must not end up in a shell.
      let name = request.name?.description ?? "NAME"
      throw wrong("which command? Type `vpnrun \(name) -- COMMAND`, or `vpnrun \(name)` for a shell")
    }
    request.commandIndex = next
    return try checked(request)
  }

  /// What cannot be wanted together.
  private static func checked(_ request: RunRequest) throws(Failure) -> Typed {
    if request.user != nil {
      if request.isForDesktop { throw wrong("--desktop is for a start by a click, as yourself: leave --user out") }
      if request.separation != .no { throw wrong("--separate makes a folder of your own: leave --user out") }
      if !request.allowed.isEmpty { throw wrong("--allow is for sockets of your own session: leave --user out") }
    }
    if request.forwardRun != nil {
      guard request.forward != nil else { throw wrong("--forward-run is for what --forward asks for: type both, or neither") }
      if request.user != nil { throw wrong("--forward-run runs as you: leave --user out") }
      if request.isStrict { throw wrong("--forward-run runs beside the command, where --strict lets nothing be: leave one of them out") }
    }
    if request.join != nil, !request.inbound.isEmpty || !request.published.isEmpty || request.lan != nil || request.forward != nil {
      throw wrong("--inbound, --publish, --lan and --forward are for a command with a network of its own: leave them or --join out")
    }
    if request.join != nil, request.staysInside { throw wrong("--desktop=always stays where it is: leave it or --join out") }
    if request.isDirect {
      guard request.name == nil else { throw wrong("--direct is outside all VPNs, and takes no name: `vpnrun --direct -- COMMAND`") }
      guard request.separation == .no || request.commandIndex != nil else {
        throw wrong("which program? Type `vpnrun --direct --separate -- firefox`")
      }
      let hasOther = request.isForDesktop || request.isStrict || request.wait != nil || request.user != nil
      guard !hasOther, request.inbound.isEmpty, request.published.isEmpty, request.lan == nil, request.forward == nil, request.join == nil
      else {
        throw wrong("--direct goes with --cwd, --separate, --guard, --verbose and --quiet only: the command is in no VPN")
      }
    }
    if !request.allowed.isEmpty, !request.isStrict { throw wrong("--allow opens what --strict closes: type both, or neither") }
    return .run(request)
  }

  fileprivate static func isOption(_ word: [UInt8]) -> Bool { word.begins(with: "-") && !word.equals("--") }

  /// The options of one word, or of two if the value stands in the second.
  fileprivate static func options(_ words: [[UInt8]], _ next: inout Int) throws(Failure) -> [(Option, [UInt8]?)] {
    let word = words[next]
    next += 1
    guard word.begins(with: "--") else {
      var found: [(Option, [UInt8]?)] = []
      var rest = word.dropFirst()
      while let letter = rest.popFirst() {
        guard let option = Option.named(short: letter) else { throw unknown(word) }
        guard case .required(let what) = option.value else {
          found.append((option, nil))
          continue
        }
        // -p80, or -p 80.
        var value = Array(rest)
        rest = []
        if value.isEmpty, next < words.count {
          value = words[next]
          next += 1
        }
        guard !value.isEmpty else { throw wrong("--\(option.long) needs a value: --\(option.long)=\(what)") }
        found.append((option, value))
      }
      if found.isEmpty { throw unknown(word) }
      return found
    }
    let name = word.dropFirst(2).prefix { $0 != 0x3d }
    guard let option = Option.named(name) else { throw unknown(word) }
    var value: [UInt8]?
    if name.endIndex < word.endIndex { value = Array(word[(name.endIndex + 1)...]) }
    switch option.value {
    case .none:
      guard value == nil else { throw wrong("--\(option.long) takes no value: `vpnrun --help` shows which options do") }
    case .optional: break
    case .required(let what):
      if value == nil, next < words.count {
        value = words[next]
        next += 1
      }
      guard let value, !value.isEmpty else { throw wrong("--\(option.long) needs a value: --\(option.long)=\(what)") }
    }
    return [(option, value)]
  }

  fileprivate static func seconds(_ text: [UInt8]) throws(Failure) -> UInt32 {
    guard let number = UInt32(decimal: text), (1...3600).contains(number) else {
      throw wrong("\(quoted(text)) is no number of seconds from 1 to 3600: --wait=\(RunRequest.defaultWait)")
    }
    return number
  }

  fileprivate static func guarding(_ text: [UInt8]) throws(Failure) -> Guard {
    guard let found = Guard(text) else { throw wrong("\(quoted(text)) is none of --guard=refuse, --guard=warn and --guard=off") }
    return found
  }

  fileprivate static func always(_ text: [UInt8]?) throws(Failure) -> Bool {
    guard let text else { return false }
    guard text.equals("always") else { throw wrong("\(quoted(text)) is not known: --desktop, or --desktop=always") }
    return true
  }

  fileprivate static func allowed(_ text: [UInt8]) throws(Failure) -> [Allowed] {
    try text.split(separator: 0x2c, omittingEmptySubsequences: false).map { word throws(Failure) in
      guard let found = Allowed(word) else { throw wrong("\(quoted(Array(word))) cannot be allowed, only \(Allowed.words)") }
      return found
    }
  }

  fileprivate static func ports(_ text: [UInt8], besides others: [TransportPort]) throws(Failure) -> [TransportPort] {
    guard let ports = TransportPort.list(text) else {
      throw wrong("\(quoted(text)) is no list of ports: --inbound=tcp/22, or --inbound=tcp/6881,udp/6881")
    }
    let all = others + ports.filter { !others.contains($0) }
    guard all.count <= LaunchRequest.maximumOfPorts else { throw wrong("--inbound takes at most \(LaunchRequest.maximumOfPorts) ports") }
    return all
  }

  fileprivate static func forward(_ text: [UInt8]?) throws(Failure) -> UInt16 {
    guard let text else { return 0 }
    guard let port = UInt16(decimal: text), port > 0 else {
      throw wrong("\(quoted(text)) is no port: --forward=51413, or --forward alone for the provider's own choice")
    }
    return port
  }

  fileprivate static func published(_ text: [UInt8], besides others: [PublishedPort]) throws(Failure) -> [PublishedPort] {
    guard let ports = PublishedPort.list(text) else {
      throw wrong("\(quoted(text)) is no port to hand on: --publish=8080, 8080:80, 0.0.0.0:8080:80 or 5353:53/udp")
    }
    let all = others + ports.filter { !others.contains($0) }
    guard PublishedPort.text(all).utf8.count <= PublishedPort.maximumOfText else {
      throw wrong("--publish has too many ports for one command")
    }
    return all
  }

  fileprivate static func lan(_ text: [UInt8]) throws(Failure) -> [LANDestination] {
    guard let list = LANDestination.list(text) else {
      throw wrong("\(quoted(text)) is no list of addresses: --lan=192.168.1.7:445,192.168.2.0/24, or --lan for all of the LAN")
    }
    for one in list where !one.isAllowed {
      guard one.isPrivate else {
        let networks = LANDestination.privateNetworks.map { $0.description }.joined(separator: ", ")
        throw wrong("\(one) is no part of a LAN: --lan takes addresses of \(networks)")
      }
      throw wrong("port \(one.port ?? 0) is for names, which the VPN's servers resolve: --lan does not take it")
    }
    return list
  }

  private static func unknown(_ word: [UInt8]) -> Failure {
    if let meant = Option.meant(by: word) { return wrong("there is no option \(quoted(word)); did you mean --\(meant.long)?") }
    return wrong("there is no option \(quoted(word)): `vpnrun --help` lists them, and -- stands before a command's own")
  }

  private static func wrong(_ sentence: String) -> Failure { Failure(sentence, status: 2) }
  private static func quoted(_ text: [UInt8]) -> String { "'" + String(printable: text.prefix(64)) + "'" }
}

extension RunRequest {
  /// Takes the options from there on.
  /// - Returns: what is wanted instead of a run.
  fileprivate mutating func take(_ words: [[UInt8]], _ next: inout Int) throws(Failure) -> Typed? {
    while next < words.count, Typed.isOption(words[next]) {
      for (option, value) in try Typed.options(words, &next) {
        switch option.kind {
        case .wait: wait = try value.map { value throws(Failure) in try Typed.seconds(value) } ?? RunRequest.defaultWait
        case .folder: folder = value
        case .user: user = value
        case .separate: separation = value.map { .into($0) } ?? .usual
        case .guarding: guarding = try Typed.guarding(value ?? [])
        case .join: join = value
        case .direct: isDirect = true
        case .desktop: (isForDesktop, staysInside) = (true, try Typed.always(value))
        case .strict: isStrict = true
        case .allow: allowed += try Typed.allowed(value ?? [])
        case .inbound: inbound = try Typed.ports(value ?? [], besides: inbound)
        case .publish: published = try Typed.published(value ?? [], besides: published)
        case .lan: lan = (lan ?? []) + (try value.map { value throws(Failure) in try Typed.lan(value) } ?? [])
        case .forward: forward = try Typed.forward(value)
        case .forwardRun: forwardRun = value
        case .verbose: isVerbose = true
        case .quiet: isQuiet = true
        case .help: return .help
        case .version: return .version
        }
      }
    }
    return nil
  }
}
