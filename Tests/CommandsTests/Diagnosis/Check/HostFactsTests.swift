import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct HostFactsTests {
  private static let links = #"""
    [{"ifindex":1,"ifname":"lo"},{"ifindex":2,"ifname":"eth0","stats64":{"tx":{"bytes":5}}},
     {"ifindex":7,"ifname":"home","ifalias":"vpnrun id=1 table=1 fwmark=10001 priority=100 underlay=254","linkinfo":{"info_kind":"veth"}}]
    """#
  private static let rules = #"""
    [{"priority":0,"src":"all","table":"255"},{"priority":90,"src":"all","fwmark":"0x2711","table":"254","protocol":"86"},
     {"priority":201,"src":"172.27.12.34","iif":"lo","table":"1","protocol":"86"},{"priority":1000,"src":"all","table":"0","protocol":"2"},
     {"priority":32766,"src":"all","table":"254","protocol":"2"},{"priority":32767,"src":"all","table":"253","protocol":"2"}]
    """#

  private func ordinary() throws -> HostFacts {
    HostFacts(
      links: try #require(decoded([LinkEntry].self, Self.links)),
      rules: [("-4", try #require(decoded([RuleEntry].self, Self.rules))), ("-6", [])],
      settings: [
        "ipv4/conf/all/rp_filter": 0, "ipv4/conf/home/rp_filter": 2, "ipv4/conf/eth0/rp_filter": 0, "ipv6/conf/all/disable_ipv6": 0,
      ], pins: [.init(name: "home", isBox: true)], vpns: [Sample.home], chains: [], now: 1_700_000_000, installed: 1_690_000_000)
  }

  private func bad(_ change: (inout HostFacts) throws -> Void) throws -> [Finding] {
    var facts = try ordinary()
    try change(&facts)
    return (facts.pinFindings + facts.findings).filter { $0.severity != .ok }
  }

  @Test func ordinaryOne() throws { #expect(try bad { _ in } == []) }

  @Test func pins() throws {
    #expect(try bad { $0.pins[0].isBox = false }.map(\.fix) == ["sudo rm -f /run/netns/vpn-home"])
    #expect(try bad { $0.links.removeLast() }.map(\.fix) == ["vpn refresh home"])
    #expect(try bad { $0.pins = [] }.map(\.fix) == ["sudo vpn unlink home"])
    #expect(try bad { $0.vpns = [] }.map(\.severity) == [.note])
  }

  private func rule(_ json: String) throws -> RuleEntry { try #require(decoded(RuleEntry.self, json)) }

  @Test("A rule is wrong where it takes packets away from a VPN that is up; no other program's is to be deleted by hand")
  func rules() throws {
    func found(_ json: String, isUp: Bool = true, family: Int = 0) throws -> [Finding] {
      try bad {
        if isUp { $0.vpns = [Sample.up(Sample.home)] }
        $0.rules[family].rules.append(try rule(json))
      }
    }
    let early = #"{"priority":50,"src":"all","table":"100"}"#
    #expect(try found(early).map(\.severity) == [.problem] && found(early).map(\.fix) == [nil])
    // Without a VPN of that family: before those that one would have.
    #expect(try found(early, family: 1).map(\.severity) == [.problem])
    #expect(try found(early, isUp: false) == [])
    // WireGuard's wg-quick, Tailscale: after ours.
    #expect(try found(#"{"priority":5210,"src":"all","fwmark":"0x80000","table":"254"}"#) == [])
    #expect(try found(#"{"priority":50,"src":"all","fwmark":"0x5","table":"100"}"#).map(\.severity) == [.note])
    #expect(try found(#"{"priority":50,"src":"10.0.0.0","srclen":8,"table":"100"}"#).map(\.severity) == [.note])
    let ours = #"{"priority":50,"src":"all","fwmark":"0x2711","table":"100"}"#
    #expect(try found(ours).map(\.severity) == [.problem] && found(ours, isUp: false).map(\.severity) == [.problem])
    // A router's, for its VRFs and its management.
    #expect(try found(#"{"priority":50,"src":"all","l3mdev":null}"#) == [])
    #expect(try found(#"{"priority":51,"src":"all","oif":"mgmt","table":"5"}"#).map(\.severity) == [.note])
    #expect(try found(#"{"priority":52,"src":"all","action":"nop"}"#) == [])
    #expect(try found(#"{"priority":52,"src":"all","action":"7"}"#).map(\.severity) == [.problem])
    for json in [early, ours] { #expect(try !found(json).contains { $0.fix?.contains("rule del") ?? false }) }
  }

  @Test("What is relayed must be forwarded") func relay() throws {
    func found(_ warnings: [String], _ change: (inout HostFacts) -> Void = { _ in }) throws -> [Finding] {
      try bad {
        $0.vpns[0].linked = true
        $0.vpns[0].relay = ["10.42.42.0/24"]
        $0.vpns[0].warnings = warnings
        change(&$0)
      }.filter { $0.check == "relay" }
    }
    #expect(try found([]) == [])
    #expect(try found(["home relays not all: forwarding is off", "other"]).map(\.severity) == [.warning])
    let chain = FilterListing.Chain(family: "ip", table: "filter", name: "FORWARD", hook: "forward", policy: "drop")
    #expect(
      try found([]) { $0.chains = [chain] }.map(\.fix) == [
        "sudo nft insert rule ip filter FORWARD iifname home accept; sudo nft insert rule ip filter FORWARD oifname home accept"
      ])
  }

  private func rules(_ json: [String], networkd: String? = nil, _ routes: String = "[]") throws -> [Finding] {
    try bad {
      $0.vpns = [Sample.up(Sample.home)]
      $0.rules[0].rules += try json.map(rule)
      $0.networkd = networkd
      $0.foreign = ForeignSettings(addresses: [], routes: try #require(decoded([RouteEntry].self, routes)), programs: [])
    }.filter { $0.check == "rules" }
  }

  /// A program that can be named takes its rules away itself, all of them.
  @Test func rulesOfNamedPrograms() throws {
    let main = #"{"priority":50,"src":"all","table":"254","suppress_prefixlen":0}"#
    let tunnel = #"{"priority":51,"not":null,"src":"all","fwmark":"0xca6c","table":"51820"}"#
    let quick = try rules([main, tunnel])
    #expect(quick.map(\.fix).allSatisfy { $0 == "sudo wg-quick down NAME" || $0 == nil } && quick.count == 2, "\(quick)")
    #expect(quick.allSatisfy { $0.what.hasPrefix("a rule of wg-quick,") })
    #expect(try rules([main]).map(\.fix) == [nil], "nothing says that it is wg-quick's")
    #expect(try rules([#"{"priority":220,"src":"all","table":"220"}"#]).count == 0, "after ours")
    #expect(try rules([#"{"priority":60,"src":"all","table":"52"}"#]).map(\.fix) == ["sudo tailscale down"])
    let written = #"{"priority":60,"src":"all","table":"9","protocol":"4"}"#
    #expect(try rules([written], networkd: "ManageForeignRoutingPolicyRules=no").map { $0.fix?.hasPrefix("grep") } == [true])
    #expect(try rules([written]).map(\.fix) == [nil])
  }

  @Test func ruleOfATableWithSomeNetworks() throws {
    let early = #"{"priority":50,"src":"all","table":"88"}"#
    let found = try rules([early], #"[{"dst":"10.0.0.0/8","dev":"eth0","table":"88"}]"#)
    #expect(found.map(\.severity) == [.note])
    #expect(found[0].what.hasSuffix("for what its table has: 10.0.0.0/8"))
    #expect(try rules([early], #"[{"dst":"default","dev":"eth0","table":"88"}]"#).map(\.severity) == [.problem])
    #expect(try rules([early], #"[{"dst":"default","dev":"eth0","table":"89"}]"#) == [], "nothing is in its table")
  }

  @Test func reversePath() throws {
    #expect(try bad { $0.settings["ipv4/conf/home/rp_filter"] = 1 }.map(\.fix) == ["sudo sysctl -w net.ipv4.conf.home.rp_filter=2"])
    #expect(
      try bad {
        $0.settings["ipv4/conf/home/rp_filter"] = 0
        $0.settings["ipv4/conf/all/rp_filter"] = 1
      }.map(\.check) == ["rp_filter"])
    // Of the larger of both, 2 is loose.
    #expect(try bad { $0.settings["ipv4/conf/all/rp_filter"] = 1 } == [])
    let late = try bad {
      $0.settings["ipv4/conf/eth0/rp_filter"] = 1
      $0.settings["ipv4/conf/all/src_valid_mark"] = 0
      $0.vpns = [Sample.up(Sample.home)]
    }
    #expect(late.map(\.fix) == ["vpn refresh home"])
  }

  @Test func firewalls() throws {
    let json = #"""
      {"nftables":[{"metainfo":{"version":"1.0.6"}},
       {"chain":{"family":"ip","table":"filter","name":"OUTPUT","type":"filter","hook":"output","prio":0,"policy":"drop"}},
       {"chain":{"family":"ip","table":"filter","name":"FORWARD","type":"filter","hook":"forward","prio":0,"policy":"drop"}},
       {"chain":{"family":"inet","table":"vpn.home","name":"identity","hook":"output","policy":"drop"}},
       {"chain":{"family":"ip","table":"filter","name":"ufw-user"}}]}
      """#
    let listing = try #require(decoded(FilterListing.self, json))
    let found = try bad { $0.chains = listing.nftables.compactMap(\.chain) }
    #expect(found.map(\.fix) == ["sudo nft insert rule ip filter OUTPUT meta mark 10001-10099 accept"])
    #expect(try bad { $0.chains = nil }.map(\.severity) == [.note])
    #expect(try bad { $0.legacyTables = "filter\nnat\n" }.first?.what == "iptables-legacy has tables (filter, nat): `iptables-legacy -S`")
  }

  @Test("What is said of the network while a VPN is up, by who cannot see it") func whileUp() throws {
    func found(_ vpn: Report.VPN, _ change: (inout HostFacts) -> Void) throws -> [String] {
      try bad {
        $0.vpns = [vpn]
        change(&$0)
      }.map(\.check)
    }
    let up = Sample.up(Sample.home, dnsInForce: true)
    func limited(_ facts: inout HostFacts) { (facts.networkManager, facts.connectivity) = ("home:unmanaged\n", "limited\n") }
    #expect(try found(up, limited) == ["connectivity"] && found(Sample.home, limited) == [])
    func strict(_ facts: inout HostFacts) { facts.resolved = "[Resolve]\nDNSOverTLS=no\nDNSOverTLS = Yes\n" }
    #expect(try found(up, strict) == ["dnsovertls"] && found(Sample.home, strict) == [])
    #expect(try found(up) { $0.resolved = "DNSOverTLS=opportunistic" } == [])
    var blocked = Sample.home
    blocked.blocked = true
    #expect(try found(blocked) { _ in } == ["block"])
  }

  @Test func managers() throws {
    #expect(try bad { $0.networkManager = "eth0:connected\nhome:unmanaged\n" } == [])
    #expect(try bad { $0.networkManager = "home:connected (externally)\n" }.map(\.fix) == ["sudo nmcli device set home managed no"])
    #expect(try bad { $0.networkd = "[Network]\n#ManageForeignRoutingPolicyRules=no\n" }.map(\.check) == ["networkd"])
    #expect(try bad { $0.networkd = "[Network]\nManageForeignRoutingPolicyRules = No\n" } == [])
    #expect(try bad { $0.networkd = "ManageForeignRoutingPolicyRules=no\nManageForeignRoutingPolicyRules=yes\n" }.count == 1)
    // It reads that when it starts.
    let late = try bad {
      $0.networkd = "ManageForeignRoutingPolicyRules=no"
      ($0.networkdStarted, $0.networkdChanged) = (100, 101)
    }
    #expect(late.map(\.fix) == ["sudo systemctl restart systemd-networkd && vpn refresh"])
  }

  @Test func clockAndFamilies() throws {
    #expect(try bad { $0.now = 0 }.map(\.fix) == ["sudo timedatectl set-ntp true"])
    #expect(try bad { $0.time = "NTP=yes\nNTPSynchronized=no\n" }.map(\.severity) == [.note])
    #expect(try bad { $0.settings["ipv6/conf/all/disable_ipv6"] = 1 }.map(\.check) == ["ipv6"])
    #expect(try bad { $0.settings["ipv6/conf/default/disable_ipv6"] = 1 }.map(\.check) == ["ipv6"])
    #expect(try bad { $0.settings["ipv6/conf/all/disable_ipv6"] = nil }.map(\.what) == ["this kernel has no IPv6"])
    #expect(try bad { $0.settings["bridge/bridge-nf-call-iptables"] = 1 }.map(\.check) == ["br_netfilter"])
  }
}
