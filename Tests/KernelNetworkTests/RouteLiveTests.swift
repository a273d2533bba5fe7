import Foundation
import KernelNetwork
import LinuxSystem
import Netlink
import NetworkModel
import NetworkPlan
import Testing

/// Two namespaces with the same links; in one our requests, in the other the lines that are printed for them.
private let links = "link add name home index 7 address 06:76:70:ff:00:00 type veth peer name host0 index 8 address 02:76:70:ff:00:00"
private let shell = Shell(box: "", command: "")

private func prepare() throws {
  try ip(links)
  for link in ["lo", "home", "host0"] { try ip("link set dev \(link) addrgenmode none up") }
}

/// What `ip` shows of a change.
private func state() throws -> String {
  var text = ""
  for what in ["address", "-d -4 route show table all", "-d -6 route show table all", "-d -4 rule", "-d -6 rule"] {
    text += try canonical(try ip("-j \(what)")) + "\n"
  }
  return text
}

private func request(_ change: KernelChange) throws -> Request {
  func index(_ link: ByteString) -> Int32 { link == "home" ? 7 : 8 }
  switch change {
  case .addAddress(let address): return address.creation(index: index(address.link))
  case .addRoute(let route): return route.creation(index: route.link.map(index))
  case .deleteRoute(let route): return route.deletion(index: route.link.map(index))
  case .addRule(let rule): return rule.creation
  case .deleteRule(let rule): return rule.deletion
  default: throw ToolFailure(description: "\(change)")
  }
}

private func byRequest(_ changes: [KernelChange]) async throws -> String {
  try await inNewNamespace {
    try prepare()
    var route = try NetlinkSocket(.route)
    for change in changes { try route.perform(try request(change)) }
    return try state()
  }
}

private func byCommand(_ changes: [KernelChange]) async throws -> String {
  try await inNewNamespace {
    try prepare()
    for change in changes {
      for line in Step(.host, change).commandLines(shell) { try run("/bin/sh", "-c", line) }
    }
    return try state()
  }
}

private let own4 = IPAddress("172.27.12.34")!
private let own6 = IPAddress("fd27:12::34")!
private let addresses: [KernelChange] = [
  .addAddress(Address(Prefix(host: own4), on: "home")), .addAddress(Address(Prefix(host: own6), on: "home")),
  .addAddress(Address(Prefix("10.20.1.1/24")!, on: "host0")), .addAddress(Address(Prefix("fd76:706e:1::1/64")!, on: "host0")),
]
private let routes: [KernelChange] = [
  .addRoute(Route(Prefix("172.27.12.35/32")!, .link("host0"))), .addRoute(Route(Prefix("fd27:12::35/128")!, .link("host0"))),
  .addRoute(Route(Prefix("10.9.8.7/16")!, .gateway(IPAddress("10.20.1.9")!, link: "host0", isOnLink: false))),
  .addRoute(Route(Prefix("fd09::7/64")!, .gateway(IPAddress("fd76:706e:1::9")!, link: "host0", isOnLink: false))),
  .addRoute(Route(.everything(.v4), .link("host0"), metric: Route.lastMetric)),
  .addRoute(Route(.everything(.v6), .link("host0"), metric: Route.lastMetric)),
  .addRoute(
    Route(.everything(.v4), .gateway(IPAddress("169.254.76.1")!, link: "home", isOnLink: true), table: 1, source: own4)),
  .addRoute(Route(.everything(.v6), .gateway(IPAddress("fe80::1")!, link: "home", isOnLink: true), table: 1, source: own6)),
  .addRoute(Route(.everything(.v4), .unreachable, table: 1, metric: Route.lastMetric)),
  .addRoute(Route(.everything(.v6), .unreachable, table: 1, metric: Route.lastMetric)),
  .addRoute(Route(Prefix("::1/128")!, .local("host0"), table: Tables.local)),
  .addRoute(Route(Prefix("172.27.12.36/32")!, .local("host0"), table: Tables.local)),
  .addRoute(Route(.everything(.v4), .unreachable, table: 70000)), .addRoute(Route(.everything(.v6), .unreachable, table: 70000)),
]
/// Those of a VPN that is up.
let systemRules: [Rule] = IPFamily.allCases.flatMap { family -> [Rule] in
  let network = Prefix(family == .v4 ? "10.9.0.0/16" : "fd09::/64")!
  let source = IPAddress(family == .v4 ? "192.168.7.20" : "2001:db8:7::20")!
  return [
    Rule(family, priority: 100, table: 1, service: .init(.udp, port: 53)),
    Rule(family, priority: 100, table: 1, service: .init(.tcp, port: 53)),
    Rule(family, priority: 100, table: 1, fwmark: 10200), Rule(family, priority: 101, table: Tables.main, destination: network),
    Rule(family, priority: 101, table: Tables.main, suppressedLength: 0), Rule(family, priority: 101, table: 0, isOfVRF: true),
    Rule(family, priority: 101, table: Tables.main, destination: network, suppressedLength: network.length),
    Rule(family, priority: 201, table: Tables.main, source: source, isLocallyGenerated: true),
    Rule(family, priority: 201, table: 1, outputLink: "home"),
    Rule(family, priority: 301, table: 1, fwmark: 10001, isInverted: true),
    Rule(family, priority: 301, table: 70000, destination: network),
  ]
}
private let rules: [KernelChange] = IPFamily.allCases.flatMap { family -> [KernelChange] in
  [
    .addRule(Rule(family, priority: 90, table: Tables.main, fwmark: 10001)),
    .addRule(Rule(family, priority: 201, table: 1, source: family == .v4 ? own4 : own6, isLocallyGenerated: true)),
    .addRule(Rule(family, priority: 299, table: 70000)),
  ] + systemRules.filter { $0.family == family }.map { .addRule($0) }
}

@Suite(.needsRoot) struct RouteLiveTests {
  @Test("A request does what its line does") func same() async throws {
    let ours = try await byRequest(addresses + routes + rules)
    let typed = try await byCommand(addresses + routes + rules)
    #expect(differences(ours, typed) == [])
    #expect(ours.contains("\"protocol\" : \"86\""))
    #expect(ours.contains("\"fwmark\" : \"0x2711\""))
  }

  @Test("This kernel has both families, in a namespace of its own, too") func families() async throws {
    let found = try await inNewNamespace { () throws -> [IPFamily] in
      var route = try NetlinkSocket(.route)
      return try route.families()
    }
    #expect(found == IPFamily.allCases)
  }

  @Test("What is deleted is as if it had never been", arguments: [routes, rules])
  func deletion(changes: [KernelChange]) async throws {
    let before = try await byRequest(addresses)
    let undone = changes.map { change -> KernelChange in
      switch change {
      case .addRoute(let route): .deleteRoute(route)
      case .addRule(let rule): .deleteRule(rule)
      default: change
      }
    }
    let ours = try await byRequest(addresses + changes + undone)
    let typed = try await byCommand(addresses + changes + undone)
    #expect(differences(before, ours) == [])
    #expect(differences(before, typed) == [])
  }

  @Test("Nothing is made twice, and nothing that is gone goes again")
  func twice() async throws {
    let codes = try await inNewNamespace { () throws -> [Int32?] in
      try prepare()
      var route = try NetlinkSocket(.route)
      for change in addresses + routes + rules { try route.perform(try request(change)) }
      let again =
        addresses + routes + rules + [
          .deleteRoute(Route(Prefix("192.0.2.0/24")!, .link("home"))), .deleteRule(Rule(.v4, priority: 7, table: 7)),
        ]
      return try again.map { change in
        let request = try request(change)
        return refusal { try route.perform(request) }
      }
    }
    #expect(codes == [Int32](repeating: EEXIST, count: (addresses + routes + rules).count) + [ESRCH, ENOENT])
  }

  @Test("Addresses of a link, link-local ones left out") func listed() async throws {
    let found = try await inNewNamespace {
      try prepare()
      var route = try NetlinkSocket(.route)
      for change in addresses { try route.perform(try request(change)) }
      try ip("address add fe80::1/128 dev home nodad")
      try ip("address add 169.254.76.1/32 dev home")
      return (try route.addresses(ofLink: 7), try route.addresses(ofLink: 8), try route.addresses(ofLink: 1))
    }
    #expect(found.0 == [Prefix(host: own4), Prefix(host: own6)])
    #expect(found.1 == [Prefix("10.20.1.1/24")!, Prefix("fd76:706e:1::1/64")!])
    #expect(found.2 == [Prefix("127.0.0.1/8")!, Prefix("::1/128")!])
  }

  @Test("The way to an address depends on the mark, as in `ip route get`") func way() async throws {
    let (plain, marked, refused) = try await inNewNamespace {
      try prepare()
      var route = try NetlinkSocket(.route)
      for change in addresses { try route.perform(try request(change)) }
      try ip("route add 203.0.113.0/24 via 10.20.1.9 mtu 1400")
      try ip("route add 203.0.113.0/24 dev home table 1")
      try ip("rule add fwmark 10001 lookup 1")
      let there = IPAddress("203.0.113.2")!
      let code = refusal { _ = try route.route(to: IPAddress("192.0.2.1")!, fwmark: 0) }
      return (try route.route(to: there, fwmark: 0), try route.route(to: there, fwmark: 10001), code)
    }
    #expect(plain.link == 8)
    #expect(plain.mtu == 1400)
    #expect(marked.link == 7)
    #expect(marked.mtu == nil)
    #expect(refused == ENETUNREACH)
  }
}
