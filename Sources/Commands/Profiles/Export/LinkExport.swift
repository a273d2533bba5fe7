internal import LinuxSystem
internal import NetworkModel
internal import Profile

/// A way out by another link of the machine (`Link =`): what other programs can do of it is to relay. Rules are as the kernel numbers them by
/// itself, before that of the table main, and so behind those of VPNs that are up.
struct LinkExport {
  var name: VPNName
  var profile: Profile
  private let link: ByteString
  private let table: UInt32

  private static let lookUp = 32765
  private static let wayBack = 32764

  /// - Returns: `nil` for a profile with a tunnel.
  init?(_ name: VPNName, _ profile: Profile) {
    guard let link = profile.link else { return nil }
    (self.name, self.profile, self.link) = (name, profile, link)
    table = if case .number(let number) = profile.table { number } else { UInt32(profile.id ?? Profile.identifiers.upperBound) }
  }

  func exported(_ format: ExportFormat) throws(Failure) -> Exported {
    guard !profile.relayed.isEmpty else {
      throw Failure("\(name) has `Link` without `Relay`, so it is only for a box, which \(format.program) has not")
    }
    let file: ExportedFile
    switch format {
    case .networkd: file = ExportedFile(name: "\(name).conf", lines: dropIn, group: NetworkdExport.group)
    case .ifupdownNG: file = ExportedFile(name: "\(name).interfaces", lines: stanza)
    case .networkManager, .wireguard, .nixOS:
      let formats = "--format networkd, ifupdown-ng and nixos"
      throw Failure(
        "\(name) has `Link`: \(format.program) keeps routes and rules of \(link) in that link's own connection; \(formats) work")
    }
    return Exported(files: [file], losses: losses(format))
  }

  /// Of a family without networks to relay nothing is said.
  private var gateways: [IPAddress] {
    profile.gateways.filter { gateway in profile.relayed.contains { $0.family == gateway.family } }
  }

  private func losses(_ format: ExportFormat) -> [String] {
    var losses = [
      "failing closed: when \(link) goes, its routes and rules may go, and what is relayed leaves by the uplink",
      "keeping what is relayed from a VPN that is up: its rules come first",
    ]
    if profile.translatesRelayed { losses.append("snat: what is relayed keeps its source; translating it is for your own packet filter") }
    if !profile.addresses.isEmpty {
      losses.append(
        "commands of their own (vpnrun \(name) -- COMMAND), vpn up \(name): there is no box, and \(link) keeps its own addresses")
    }
    if profile.autostart == .no { losses.append("Autostart = no: it is there as soon as \(link) is") }
    return losses
  }

  private var dropIn: [String] {
    func section(_ name: String, _ pairs: (String, String)...) -> [String] { ["", "[\(name)]"] + pairs.map { "\($0)=\($1)" } }
    var lines = ["# A drop-in of the .network of \(link)."]
    for gateway in gateways {
      let everything = Prefix.everything(gateway.family)
      lines += section("Route", ("Destination", "\(everything)"), ("Gateway", "\(gateway)"), ("Table", "\(table)"))
      lines += section(
        "Route", ("Destination", "\(everything)"), ("Type", "unreachable"), ("Table", "\(table)"), ("Metric", "\(UInt32.max)"))
    }
    for network in profile.relayed {
      lines += section(
        "RoutingPolicyRule", ("To", "\(network)"), ("Table", "main"), ("SuppressPrefixLength", "0"), ("Priority", "\(Self.wayBack)"))
      lines += section("RoutingPolicyRule", ("From", "\(network)"), ("Table", "\(table)"), ("Priority", "\(Self.lookUp)"))
    }
    return lines
  }

  /// Added to what others say of that link.
  private var stanza: [String] {
    func ip(_ family: IPFamily) -> String { family == .v4 ? "ip" : "ip -6" }
    func both(_ family: IPFamily, _ kind: String, _ text: String) -> [String] {
      let make = kind == "route" ? "replace" : "add"
      return ["\tup \(ip(family)) \(kind) \(make) \(text)", "\tdown \(ip(family)) \(kind) del \(text)"]
    }
    var lines = ["iface \(link)"]
    for gateway in gateways {
      lines.append("\tup \(ip(gateway.family)) route replace default via \(gateway) dev $IFACE table \(table)")
      lines += both(gateway.family, "route", "unreachable default metric \(UInt32.max) table \(table)")
    }
    for network in profile.relayed {
      lines += both(network.family, "rule", "to \(network) table main suppress_prefixlength 0 priority \(Self.wayBack)")
      lines += both(network.family, "rule", "from \(network) table \(table) priority \(Self.lookUp)")
    }
    return lines
  }
}
