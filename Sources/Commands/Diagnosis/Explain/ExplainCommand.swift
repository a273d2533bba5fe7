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
      "vpn explain [--json] <name> <destination>\n       vpn explain [--json] --host <destination>\n       vpn explain [--json] --from <address> <destination>",
    discussion: """
      Reads rules, routes, filters and tunnel as they are now: `vpn explain NAME DESTINATION` for a command in that VPN, `vpn explain \
      --host DESTINATION` for a program outside any VPN, `vpn explain --from ADDRESS DESTINATION` for a packet that this machine forwards. For a name, it explains where the query for it would go.
      """
        + examples(
          "vpn explain home 192.0.2.80", "vpn explain --host example.org", "vpn explain --from 10.42.42.7 192.0.2.80"))

  @Argument(help: "The VPN's name; not with --host or --from.", completion: .vpnNames)
  var name: String

  @Argument(help: "An address or a name.")
  var destination: String?

  @Flag(help: "Explain it for a program outside any VPN.")
  var host = false

  @Option(help: ArgumentHelp("Explain it for a packet from there, which this machine forwards.", valueName: "address"))
  var from: String?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if host, from != nil { throw ValidationError("either --host or --from") }
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
    try ExplainRequest(name: host || from != nil ? nil : name, destination: destination ?? name, from: from, json: json).run()
  }
}

struct ExplainRequest: CommandRequest {
  /// Of a program of the host without one.
  var name: String?
  var destination: String
  /// Of a packet that the host forwards.
  var from: String?
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try name.map { name throws(Failure) in try installation.linkedOrKnown(name) }
    let host = try installation.hostView()
    let path = try explain(name, host)
    let hidden = try hidden(host, installation)
    if let end = hidden.first(where: { $0 == name || $0.description == path.link && path.outcome == .direct }) {
      let words = "\(name?.description ?? from.map { "--from \($0)" } ?? "--host") \(printable(destination))"
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
    let source = from.flatMap { IPAddress($0) }
    if let source, source.family != target.family {
      throw Failure("a packet has both addresses of one family: \(source) and \(target) are of two")
    }
    if let ways { return try .ofCommand(in: ways, to: target, isQuery: isQuery, named: destination, on: host) }
    return try .ofHost(to: target, isQuery: isQuery, named: destination, from: source, on: host)
  }
}
