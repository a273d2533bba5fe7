import NetworkModel
import TestSupport
import Testing

@testable import NetworkPlan
@testable import Profile

/// A VPN without a box, and what may come in to one that has one.
@Suite struct HostTunnelTests {
  private func vpn(_ change: (inout Profile) -> Void = { _ in }) -> VPN {
    var profile = SampleVPN.both.profile
    profile.hasBox = false
    profile.addresses = [Prefix("192.0.2.42/31")!, Prefix("2001:db8:fd26::1/126")!]
    profile.fwmark = 0x1023
    change(&profile)
    return VPN(
      name: VPNName("mesh")!, id: 7, profile: profile, peers: [WireGuardPeer(publicKey: Keys.peer, allowedIPs: profile.peers[0].allowedIPs)]
    )
  }

  private func lines(_ steps: [Step]) -> [String] { steps.flatMap { $0.commandLines(Shell(box: "BOX", command: "COMMAND")) } }

  @Test func linking() {
    let vpn = vpn { $0.vrf = "blue" }
    #expect(
      lines([vpn.hostTunnel] + vpn.linkSteps(vpn.identityWithoutBox(underlay: 1023))) == [
        "ip link add name mesh mtu 1420 group 76 type wireguard",
        "ip rule add priority 90 fwmark 4131 lookup 1023 protocol 86", "ip -6 rule add priority 90 fwmark 4131 lookup 1023 protocol 86",
        "ip link set dev mesh mtu 1420 alias 'vpnrun id=7 table=7 fwmark=4131 priority=100 underlay=1023 box=no' group 76 master blue",
        "ip link set dev mesh up", "sysctl -qw net/ipv6/conf/mesh/addr_gen_mode=0", "ip address add 192.0.2.42/31 dev mesh",
        "ip address add 2001:db8:fd26::1/126 dev mesh nodad",
      ])
    #expect(lines(vpn.userspaceHostTunnel) == ["ip link set dev wg.mesh mtu 1420 group 76 name mesh"])
  }

  @Test("Below 1280 bytes a link has no IPv6, and no settings of it") func smallMTU() {
    let vpn = vpn { ($0.mtu, $0.addresses) = (1200, [Prefix("192.0.2.42/31")!]) }
    let steps = lines(vpn.linkSteps(vpn.identityWithoutBox(underlay: Tables.main)))
    #expect(steps.contains("ip address add 192.0.2.42/31 dev mesh") && !steps.contains { $0.contains("addr_gen_mode") })
  }

  @Test("Routes stand in a table of that number, and nowhere else") func routes() {
    #expect(vpn().hostRoutes.isEmpty && vpn { $0.table = .off }.hostRoutes.isEmpty)
    #expect(
      lines(vpn { $0.table = .number(700) }.hostRoutes.map { Step(.host, .addRoute($0)) }) == [
        "ip route add default dev mesh table 700 protocol 86", "ip -6 route add default dev mesh table 700 protocol 86",
      ])
  }

  @Test func unlinking() {
    let identity = vpn().identityWithoutBox(underlay: Tables.main)
    #expect(
      lines(identity.stepsWithoutBox(keepsRules: false)) == [
        "ip link del dev mesh", "ip rule del priority 90 fwmark 4131 lookup main protocol 86",
        "ip -6 rule del priority 90 fwmark 4131 lookup main protocol 86",
      ])
    #expect(lines(identity.stepsWithoutBox(keepsRules: true)) == ["ip link del dev mesh"])
  }

  @Test("What the link remembers is read again") func memory() throws {
    let identity = vpn().identityWithoutBox(underlay: 1023)
    let read = try #require(Identity(name: identity.name, alias: identity.alias, addresses: identity.addresses))
    #expect(read == identity && read.memory[.hasNoBox] && read.rules == identity.tunnelRules)
  }

  @Test("Tunnels of a router may share a mark and have any table; one with a box may not") func claims() {
    let (a, b) = (VPNName("a")!, VPNName("b")!)
    let router = vpn { $0.table = .number(700) }.profile
    func conflicts(_ one: Profile, _ other: Profile) -> [Conflict] {
      Claims(of: one, a, id: 1).conflicts(among: [Claims(of: other, b, id: 2)], on: [])
    }
    #expect(conflicts(router, router).isEmpty)
    var elsewhere = router
    elsewhere.underlay = .table(9)
    #expect(conflicts(router, elsewhere) == [.error("mark 4131 is that of 'b', too: set another FwMark")])
    // A table by its name may be that one: `vpn link` knows.
    var named = router
    named.underlay = .named("transit")
    #expect(conflicts(elsewhere, named).isEmpty && conflicts(named, elsewhere).isEmpty)
    func known(_ profile: Profile, _ name: VPNName, _ id: UInt8, _ table: UInt32) -> Claims {
      var claims = Claims(of: profile, name, id: id)
      claims.underlay = table
      return claims
    }
    #expect(known(named, a, 1, 9).conflicts(among: [known(elsewhere, b, 2, 9)], on: []).isEmpty)
    #expect(known(named, a, 1, 8).conflicts(among: [known(elsewhere, b, 2, 9)], on: []).count == 1)
    var boxed = SampleVPN.both.profile
    boxed.fwmark = router.fwmark
    #expect(conflicts(router, boxed) == [.error("mark 4131 is that of 'b', too: set another FwMark")])
    #expect(Claims(of: router, a, id: 1).conflicts(among: [Claims(of: router, b, id: 1)], on: []).count == 1)
  }

  @Test func namesOfTables() {
    let text = Array("# reserved\n255\tlocal\n 1000 transit # ours\n0x3ff\tvrf_external\n7 seven eight\nx bad\n".utf8)
    #expect(routingTable(named: "transit", in: text) == 1000 && routingTable(named: "vrf_external", in: text) == 1023)
    #expect(routingTable(named: "local", in: text) == 255)
    for name in ["reserved", "seven", "bad", "1000", "ours"] as [ByteString] { #expect(routingTable(named: name, in: text) == nil) }
  }

  @Test("What comes in is in the box's filter, and its comment says so") func inbound() {
    var profile = SampleVPN.both.profile
    #expect(VPN(name: VPNName("home")!, id: 1, profile: profile, peers: []).boxFilter.comment == nil)
    profile.inbound = [.port(.tcp, 22), .icmp, .ports(.udp, 6000...6010)]
    let vpn = VPN(name: VPNName("home")!, id: 1, profile: profile, peers: [])
    #expect(Openings.words(in: vpn.boxFilter.comment) == ["tcp/22", "icmp", "udp/6000-6010"] && Openings.words(in: "vpnrun home").isEmpty)
    #expect(!Openings.translatesRelayed(vpn.boxFilter.comment) && !Openings.translatesRelayed(nil))
    profile.relay = [.network(Prefix("10.42.42.0/24")!), .translated]
    var comment = VPN(name: VPNName("home")!, id: 1, profile: profile, peers: []).boxFilter.comment
    #expect(Openings.words(in: comment) == ["tcp/22", "icmp", "udp/6000-6010"] && Openings.translatesRelayed(comment))
    profile.inbound = []
    comment = VPN(name: VPNName("home")!, id: 1, profile: profile, peers: []).boxFilter.comment
    #expect(Openings.words(in: comment).isEmpty && Openings.translatesRelayed(comment))
    let text = vpn.boxFilter.lines.joined(separator: "\n")
    for rule in [
      #"ip daddr 172.27.12.34 tcp dport 22 ct state new accept"#, #"ip daddr 172.27.12.34 meta l4proto icmp ct state new accept"#,
      #"ip daddr 172.27.12.34 udp dport 6000-6010 ct state new accept"#,
      #"ip6 daddr fd27:12::34 tcp dport 22 ct state new accept"#, #"ip6 daddr fd27:12::34 meta l4proto ipv6-icmp ct state new accept"#,
    ] { #expect(text.contains(#"iifname "wg0" oifname "host0" "# + rule)) }
    profile.inbound = [.all]
    let open = VPN(name: VPNName("home")!, id: 1, profile: profile, peers: []).boxFilter.lines.joined(separator: "\n")
    #expect(open.contains(#"iifname "wg0" oifname "host0" ip daddr 172.27.12.34 ct state new accept"#))
    #expect(!open.contains(#"iifname "wg0" oifname "br-home" ct state new"#))
  }

  @Test("Answers to what comes in may be sent by any user, and nothing else") func answers() {
    var identity = SampleVPN.both.vpn.identity
    identity.permission = .only(users: [1000], groups: [])
    func output() -> [FilterRule] { identity.filter.chains.first { $0.name == "identity" }?.rules ?? [] }
    let answer: FilterRule = [.outputLink("home"), .answering, .connectionMark(10201), .accept]
    #expect(!output().contains(answer))
    #expect(!identity.filter.chains.contains { $0.name == "inbound" })
    identity.isReachable = true
    let marks: [FilterRule] = [[.inputLink("home"), .new, .setConnectionMark(10201)]]
    #expect(identity.filter.chains.first { $0.name == "inbound" }?.rules == marks)
    let refusal = output().firstIndex { $0.statements.contains(.jump("others")) }
    #expect(output().firstIndex(of: answer).map { $0 < refusal ?? 0 } ?? false)
  }

  @Test("Going up and down changes the rules of one chain, and no more", arguments: [true, false]) func others(isReachable: Bool) {
    var down = SampleVPN.both.vpn.identity
    down.permission = .only(users: [1000], groups: [27])
    down.isReachable = isReachable
    var up = down
    up.memory[.isUp] = true
    func others(_ identity: Identity) -> FilterChain? { identity.filter.chains.first { $0.name == "others" } }
    #expect(others(down)?.rules.count == 2 && others(up)?.rules == [])
    var table = up.filter
    for i in table.chains.indices where table.chains[i].name == "others" { table.chains[i] = others(down) ?? table.chains[i] }
    #expect(table == down.filter)
  }
}
