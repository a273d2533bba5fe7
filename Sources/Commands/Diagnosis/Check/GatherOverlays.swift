internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

extension Overlay {
  /// Where the kernel sends packets to is asked of it, for the first networks of each table.
  static func gather(_ rules: [(family: String, rules: [RuleEntry])], _ vpns: [Report.VPN]) throws(Failure) -> [Overlay] {
    var found: [Overlay] = []
    let running = vpns.filter(\.up).map(\.name)
    guard !running.isEmpty else { return [] }
    for (option, rules) in rules {
      let family = option == "-4" ? IPFamily.v4 : .v6
      var tables: [String] = []
      for rule in rules where !rule.isOurs && !rule.isKernels {
        guard let table = rule.table, let number = UInt32(table), !Tables.areTheSystems(number), !tables.contains(table) else { continue }
        tables.append(table)
        let routes = decoded([HostRoutes.Route].self, try Look.says("ip", ["-N", "-j", option, "route", "show", "table", table])) ?? []
        let own = routes.filter { $0.type == nil && $0.dst != "default" }.prefix(32)
        for route in own {
          guard let prefix = route.prefix(family), let link = route.dev, let vpn = try taker(of: prefix, running) else { continue }
          if let i = found.firstIndex(where: { $0.vpn == vpn && $0.table == table }) {
            found[i].networks.append(prefix)
            if !found[i].links.contains(link) { found[i].links.append(link) }
          } else {
            found.append(Overlay(vpn: vpn, table: table, priority: rule.priority, links: [link], networks: [prefix]))
          }
        }
      }
    }
    return found
  }

  private static func taker(of prefix: Prefix, _ running: [String]) throws(Failure) -> String? {
    struct Answer: Decodable { var dev: String? }
    let address = prefix.isHost ? prefix.address : prefix.address.advanced(by: 1)
    let link = decoded([Answer].self, try Look.says("ip", ["-j", "route", "get", address.description]))?.first?.dev
    return link.flatMap { running.contains($0) ? $0 : nil }
  }
}
