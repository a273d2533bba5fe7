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
    usage: "vpn explain [--json] <name> <destination>\n       vpn explain [--json] --host <destination>",
    discussion: """
      Reads rules, routes, filters and tunnel as they are now: `vpn explain NAME DESTINATION` for a command in that VPN, `vpn explain \
      --host DESTINATION` for a program outside any VPN. For a name, it explains where the query for it would go.
      """
        + examples(
          "vpn explain home 192.0.2.80", "vpn explain --host example.org"))

  @Argument(help: "The VPN's name; not with --host.", completion: .vpnNames)
  var name: String

  @Argument(help: "An address or a name.")
  var destination: String?

  @Flag(help: "Explain it for a program outside any VPN.")
  var host = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if host, destination != nil { throw ValidationError("either a VPN's name or --host, and a destination") }
    if !host, destination == nil { throw ValidationError("to which destination? Type `vpn explain \(printable(name)) ADDRESS`") }
  }

  func run() throws {
    try ExplainRequest(name: host ? nil : name, destination: destination ?? name, json: json).run()
  }
}

struct ExplainRequest: CommandRequest {
  /// Of a program of the host without one.
  var name: String?
  var destination: String
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try name.map { name throws(Failure) in try installation.linkedOrKnown(name) }
    let host = try installation.hostView()
    let path = try explain(name, host)
    return Answer(text: json ? jsonText(path) : explanationText(path, style))
  }

  private func explain(_ name: VPNName?, _ host: HostView<Failure>) throws(Failure) -> Explanation {
    let address = IPAddress(destination)
    guard address != nil || DomainName(destination) != nil else {
      throw Failure("'\(printable(destination))' is neither an address nor a name")
    }
    let ways = host.ways.first { $0.name == name?.description }
    if let name, ways == nil { return .ofCommand(inUnlinked: name.description, to: destination) }
    // A sender asks the first server that its resolv.conf(5) has.
    let servers = ways.flatMap { $0.dns.isEmpty ? nil : $0.dns } ?? host.servers
    guard let target = address ?? servers.first else { throw Failure("\(host.resolvConf) names no DNS server that could be asked") }
    let isQuery = address == nil
    if let ways { return try .ofCommand(in: ways, to: target, isQuery: isQuery, named: destination, on: host) }
    return try .ofHost(to: target, isQuery: isQuery, named: destination, on: host)
  }
}
