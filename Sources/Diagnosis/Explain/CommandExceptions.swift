public import HelperWire
public import NetworkModel
internal import NetworkPlan

/// What one command in a VPN, or what is attached, has besides that: ways in, and to the LAN.
public struct CommandExceptions: Equatable, Sendable {
  /// `sh (pid 4242)`.
  public var who: String
  /// From the VPN: `tcp/22`.
  public var inbound: [String]
  public var published: [PublishedPort]
  public var lan: [LANDestination]
  /// The provider's port that leads to it.
  public var forwarded: Int?

  public init(_ who: String, inbound: [String], published: [String], lan: [String], forwarded: Int?) {
    (self.who, self.inbound, self.forwarded) = (who, inbound, forwarded)
    self.published = published.compactMap { PublishedPort($0.utf8) }
    self.lan = lan.compactMap { LANDestination($0.utf8) }
  }

  public init(_ command: Report.Command) {
    self.init(
      command.attached ? "\(command.command) (attached)" : "\(command.command) (pid \(command.pid))", inbound: command.inbound,
      published: command.published, lan: command.lan, forwarded: command.forwarded)
  }

  /// Of its destinations in the LAN the one that takes a packet there.
  /// - Parameter port: `nil` for any.
  func lan(to destination: IPAddress, _ port: PacketPort?) -> LANDestination? {
    lan.first { lan in
      guard lan.network.contains(destination) else { return false }
      guard let port else { return true }
      return port.transport == .tcp && !LANDestination.isForNames(port.number) && lan.port.map { $0 == port.number } ?? true
    }
  }

  /// In a few words each; nothing if it has none.
  var words: [String] {
    var words: [String] = []
    // What comes by the provider's port is let in as well.
    if let forwarded {
      words.append("the provider's port \(forwarded) leads to it (--forward)")
    } else if !inbound.isEmpty {
      words.append("\(inbound.joined(separator: ", ")) comes in to it from the VPN (--inbound)")
    }
    if !published.isEmpty { words.append("ports of this machine lead to it: \(PublishedPort.text(published)) (-p)") }
    if !lan.isEmpty { words.append("it reaches in the LAN, by TCP: \(LANDestination.text(lan)) (--lan)") }
    return words
  }
}

extension Report.VPN {
  /// For `vpn check`: none of these is a leak, and none is kept quiet.
  public var exceptionFindings: [Finding] {
    var found = Findings(.tunnel, vpn: name)
    for command in commands {
      let exceptions = CommandExceptions(command)
      let words = exceptions.words
      if !words.isEmpty { found.note("exceptions", "\(exceptions.who): \(words.joined(separator: "; "))") }
    }
    return found.all
  }
}

extension Explanation {
  /// What a command sends to the LAN, by the process beside it.
  mutating func beside<Problem>(
    _ lan: LANDestination, _ destination: IPAddress, _ port: PacketPort?, on host: HostView<Problem>
  ) throws(Problem) {
    let others = port == nil ? "; what is not TCP goes into the VPN" : ""
    step(.command, "--lan has \(lan): TCP goes to a socket of the process beside it\(others)", link: "lo")
    guard let route = try look(HostRoutes.Packet(destination: destination, port: port), on: host) else { return }
    guard route.gateway == nil, let link = route.dev, !route.isLocal, !host.ways.contains(where: { $0.name == link }) else {
      return stop(.host, "it is in no network of this machine's links now: that process refuses it")
    }
    guard try passesGuards(destination, port, from: nil, by: link, on: host) else { return }
    step(.host, "that process sends it, in the clear", link: link)
    (outcome, self.link) = (.direct, link)
  }

  /// Of a packet that somebody in the VPN sends to a port of a command.
  /// - Parameter ways: the VPN's.
  public static func ofInbound(_ coming: ComingIn, to command: CommandExceptions, in ways: Ways) -> Explanation {
    var path = Explanation(vpn: ways.name, destination: coming.named)
    (path.inbound, path.through, path.command) = (true, ways.name, command.who)
    let port = PacketPort(coming.named)
    path.port = port?.description
    for published in command.published
    where port.map({ $0.transport == published.target.transport && $0.number == published.target.port }) ?? false {
      path.step(.host, "\(published.sentence) leads there, from this machine's side, by a process beside the command (-p)")
    }
    guard ways.tunnel else {
      path.stop(.box, "the tunnel is gone or down: `vpn refresh \(ways.name)` mends that")
      return path
    }
    path.step(.box, "out of the tunnel, to this VPN's address", link: "\(Names.tunnel)")
    path.enter(coming, to: [command])
    return path
  }

  /// Comes in to whichever command lets it in.
  /// - Returns: whether one does; otherwise that is said of the only one.
  @discardableResult
  mutating func enter(_ coming: ComingIn, to commands: [CommandExceptions]) -> Bool {
    let port = PacketPort(coming.named)
    if let holder = commands.first(where: { $0.inbound.contains(coming.named) }) {
      let isForwarded = holder.forwarded != nil && holder.forwarded == port.map { Int($0.number) }
      let by = isForwarded ? "the provider sends on port \(coming.named)" : "it was started with --inbound \(coming.named)"
      step(.box, "\(by): the box hands it to \(holder.who)")
      step(.command, "it arrives at \(holder.who), which sees who asks", link: "eth0")
      outcome = .local
      return true
    }
    guard commands.count == 1, let only = commands.first else { return false }
    let open = only.inbound.isEmpty ? "nothing but answers" : "only \(only.inbound.joined(separator: ", ")) and answers"
    stop(.box, "\(open) comes in to \(only.who): `vpnrun --inbound \(coming.named)` opens it, when it is started")
    return false
  }
}
