internal import HelperWire
internal import NetworkModel
internal import NetworkPlan

extension Explanation {
  /// Filters of VPNs that are up.
  mutating func passesGuards<Problem>(
    _ destination: IPAddress, _ port: PacketPort?, from source: IPAddress?, by link: String?, on host: HostView<Problem>
  ) throws(Problem) -> Bool {
    func longest(_ networks: [Prefix]) -> Prefix? { networks.filter { $0.contains(destination) }.max { $0.length < $1.length } }
    if let name = host.blocking.first {
      stop(.host, "the filter vpn-block.\(name) refuses all until \(name) is up: `vpn up \(name)`, or `vpn down \(name)` to do without")
      return false
    }
    if let source {
      for ways in host.ways where ways.relay.contains(where: { $0.contains(source) }) && !ways.relays(source, by: link) {
        guard !ways.relay.contains(where: { $0.contains(destination) }) else { continue }
        stop(
          .host, "the filter vpn-relay.\(ways.name) refuses what leaves by another link, TCP with a reset: `vpn refresh` restores the rules"
        )
        return false
      }
    }
    for ways in host.ways where ways.up {
      let filter = "the filter vpn-up.\(ways.name)"
      guard ways.filter else {
        step(.host, "\(filter) is missing, which would refuse what belongs to it: `vpn refresh` fixes that")
        continue
      }
      if query, ways.takesQueries {
        stop(.host, "\(filter) refuses DNS queries that leave by another link")
        return false
      }
      if let port, port.isEncryptedQuery, ways.takesQueries {
        stop(.host, "\(filter) refuses DNS by TLS and QUIC, port 853, that leaves by another link")
        return false
      }
      let networks = ways.networks ?? [.everything(destination.family)]
      guard let network = longest(networks) else { continue }
      guard let passed = longest(ways.direct), passed.length > network.length else {
        stop(.host, "\(filter) refuses it: it belongs to \(ways.name), TCP with a reset")
        return false
      }
      step(.host, "\(filter) lets \(passed.shown) past it")
    }
    return true
  }
}
