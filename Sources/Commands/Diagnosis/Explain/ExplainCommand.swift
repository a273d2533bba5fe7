internal import ArgumentParser
internal import Diagnosis
internal import FoundationEssentials
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import Profile

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Show where a packet would go, and where it would stop.",
    usage:
      "vpn explain [--json] [--port <port>] <name|pid|label> <destination>\n       vpn explain [--json] [--port <port>] --host <destination>\n       vpn explain [--json] [--port <port>] --from <address> <destination>\n       vpn explain [--json] --inbound <name|pid|label> <port>",
    discussion: """
      Reads rules, routes, filters and tunnel as they are now: `vpn explain NAME DESTINATION` for a command in that VPN, `vpn explain \
      --host DESTINATION` for a program outside any VPN, `vpn explain --from ADDRESS DESTINATION` for a packet that this machine forwards. For a name, it explains where the query for it would go. `vpn explain --inbound NAME PORT` is \
      for what comes in from the VPN to this machine. A pid or a label, as `vpn ps` has them, is for that command: with what --lan, -p, \
      --inbound and --forward give it, and of --direct.
      """
        + examples(
          "vpn explain home 192.0.2.80", "vpn explain --host example.org", "vpn explain --from 10.42.42.7 192.0.2.80",
          "vpn explain --host 192.168.1.1 --port tcp/853", "vpn explain --inbound home tcp/22",
          "vpn explain 4242 192.168.1.7 --port tcp/445"))

  @Argument(help: "The VPN's name, or a command's pid or label; not with --host or --from.", completion: .vpnNames)
  var name: String

  @Argument(help: "An address or a name; with --inbound a port as in tcp/22, or icmp.")
  var destination: String?

  @Flag(help: "Explain it for a program outside any VPN.")
  var host = false

  @Option(help: ArgumentHelp("Explain it for a packet from there, which this machine forwards.", valueName: "address"))
  var from: String?

  @Flag(help: "Explain it for what comes in from the VPN to this machine's address there.")
  var inbound = false

  @Option(help: ArgumentHelp("To that port, as in tcp/853.", valueName: "port"))
  var port: String?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if host, from != nil { throw ValidationError("either --host or --from") }
    if inbound {
      if host || from != nil { throw ValidationError("--inbound is for what comes in from a VPN: not with --host or --from") }
      if port != nil { throw ValidationError("--inbound has the port at its end: `vpn explain --inbound NAME tcp/22`") }
      guard destination != nil else { throw ValidationError("to which port? Type `vpn explain --inbound \(printable(name)) tcp/22`") }
      return
    }
    if let port {
      if PacketPort(port) == nil { throw ValidationError("'\(printable(port))' is no port: write tcp/853 or udp/443, for example") }
      if IPAddress(destination ?? name) == nil { throw ValidationError("--port goes with an address: for a name, its query is explained") }
    }
    if let from {
      if IPAddress(from) == nil { throw ValidationError("'\(printable(from))' is no address") }
      if destination != nil { throw ValidationError("either a VPN's name or --from, and a destination") }
    }
    if host, destination != nil { throw ValidationError("either a VPN's name or --host, and a destination") }
    if !host, from == nil, destination == nil {
      throw ValidationError("to which destination? Type `vpn explain \(printable(name)) ADDRESS`")
    }
  }

  func run() throws {
    try ExplainRequest(
      name: host || from != nil ? nil : name, destination: destination ?? name, from: from, port: port, isInbound: inbound, json: json
    ).run()
  }
}

struct ExplainRequest: CommandRequest {
  /// Of a program of the host without one.
  var name: String?
  var destination: String
  /// Of a packet that the host forwards.
  var from: String?
  /// `tcp/853`.
  var port: String?
  /// The destination is a port of this machine, to which something comes from the VPN.
  var isInbound = false
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let sender = try name.map { name throws(Failure) in try Sender(name, on: installation) }
    let name = sender?.vpn
    let host = try installation.hostView()
    let path = try explain(sender, host, installation)
    let hidden = try hidden(host, installation)
    if let end = hidden.first(where: { $0 == name || $0.description == path.link && path.outcome == .direct }) {
      let who = name.map { isInbound ? "--inbound \($0)" : "\($0)" } ?? from.map { "--from \($0)" } ?? "--host"
      let words = "\(who) \(printable(destination))" + (port.map { " --port \($0)" } ?? "")
      throw Failure("which way it goes in \(end) is for those who may use \(end): `sudo vpn explain \(words)`")
    }
    let notes = hidden.map { "what \($0) does with it while it is up is not shown, for you may not use \($0)" }
    return Answer(text: json ? jsonText(path) : explanationText(path, style), notes: name == nil ? notes : [])
  }

  /// Linked VPNs whose ways are not told, for they are others'.
  private func hidden(_ host: HostView<Failure>, _ installation: Installation) throws(Failure) -> [VPNName] {
    let untold = installation.pins.names().filter { pin in !host.ways.contains { $0.name == pin.description } }
    guard !installation.isRoot, !untold.isEmpty else { return [] }
    let own = try installation.helper.show().compactMap(\.vpn).filter(\.allowed)
    return untold.filter { name in !own.contains { $0.name == name.description } }
  }

  private func explain(_ sender: Sender?, _ host: HostView<Failure>, _ installation: Installation) throws(Failure) -> Explanation {
    let name = sender?.vpn
    if isInbound {
      guard let name else { throw Failure("what runs outside is in no VPN, from which something could come in") }
      guard let coming = try installation.comingIn(destination) else {
        throw Failure("'\(printable(destination))' is neither one port, as in tcp/22, nor icmp")
      }
      let ways = host.ways.first { $0.name == name.description }
      if let command = sender?.exceptions, let ways { return .ofInbound(coming, to: command, in: ways) }
      return .ofInbound(
        coming, from: name.description, ways, commands: try installation.helper.show(name).commands.map { CommandExceptions($0) })
    }
    let address = IPAddress(destination)
    guard address != nil || DomainName(destination) != nil else {
      throw Failure("'\(printable(destination))' is neither an address nor a name")
    }
    let ways = host.ways.first { $0.name == name?.description }
    if let name, ways == nil { return .ofCommand(inUnlinked: name.description, to: destination) }
    // A sender asks the first server that its resolv.conf(5) has.
    let servers = ways.flatMap { $0.dns.isEmpty ? nil : $0.dns } ?? sender?.servers ?? host.servers
    guard let target = address ?? servers.first else { throw Failure("\(host.resolvConf) names no DNS server that could be asked") }
    let port = address == nil ? .query : port.flatMap { PacketPort($0) }
    let source = from.flatMap { IPAddress($0) }
    if let source, source.family != target.family {
      throw Failure("a packet has both addresses of one family: \(source) and \(target) are of two")
    }
    var path =
      if let ways {
        try Explanation.ofCommand(in: ways, to: target, port: port, named: destination, having: sender?.exceptions, on: host)
      } else {
        try Explanation.ofHost(to: target, port: port, named: destination, from: source, outside: sender?.outside, on: host)
      }
    path.port = self.port
    return path
  }
}
