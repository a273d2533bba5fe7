import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct ProofFactsTests {
  private static func view(_ sent: Int, more: String = "", routes: String = "eth0") -> InsideView {
    InsideView(
      links: """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
          eth0:     100       1    0    0    0     0          0         0 \(sent)       1    0    0    0     0       0          0
        \(more)
        """,
      routes4: "Iface\tDestination\tGateway\n\(routes)\t00000000\t0101140A\n",
      routes6:
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe80 00000400 00000001 00000000 00000003     eth0\n",
      resolver: "", nsswitch: "", sockets: [], seesOutside: false)
  }

  private let ordinary = ProofFacts(
    vpn: Sample.home, pid: 10, before: view(1000), after: view(50_000),
    sent: [
      .init(kind: "UDP", family: "IPv4", bytes: 32_000, error: nil, growth: 34_000, isReset: false),
      // The network may answer that there is no such place.
      .init(kind: "TCP", family: "IPv4", bytes: 40, error: "No route to host", growth: 96, isReset: false),
      .init(kind: "UDP", family: "IPv6", bytes: 0, error: "Network is unreachable", growth: 0, isReset: false),
      .init(kind: "TCP", family: "IPv6", bytes: 60, error: "Connection refused", growth: 0, isReset: true),
    ],
    isQueryCaptured: true, attempts: [.init(what: "fly", error: "No such device")], canBind: true,
    others: [.init(pid: 11, links: ["eth0", "lo"])],
    burst: .init(bytes: 32_000, growth: ["u0": 35_000, "u1": 0]))

  private func bad(_ change: (inout ProofFacts) -> Void) -> [Finding] {
    var facts = ordinary
    change(&facts)
    return facts.findings.filter { $0.severity != .ok }
  }
  private func isProved(_ change: (inout ProofFacts) -> Void) -> Bool {
    var facts = ordinary
    change(&facts)
    return facts.findings.contains { $0.check == "leak" && $0.severity == .ok }
  }

  @Test func ordinaryOne() {
    #expect(bad { _ in } == [])
    #expect(isProved { _ in })
    #expect(ordinary.findings.contains { $0.what == "refused, as this VPN does not take it: UDP over IPv6, TCP over IPv6" })
  }

  @Test func links() {
    let tun = "  tun0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0"
    #expect(bad { $0.after = Self.view(50_000, more: tun) }.map(\.check) == ["links"])
    #expect(bad { $0.before = Self.view(1000, more: tun) }.map(\.severity) == [.problem])
    #expect(!isProved { $0.after = Self.view(50_000, more: tun) })
    #expect(bad { $0.others[0].links.append("leak") }.map(\.fix) == ["sudo nsenter -t 11 -n ip link del dev leak"])
    #expect(bad { $0.after = Self.view(50_000, routes: "tun0") }.map(\.check) == ["routes"])
    #expect(bad { $0.boxLinks = ["lo", "wg0", "host0", "br-home", "v12"] } == [])
    // The root of a network chooses what its links are called.
    #expect(bad { $0.others[0].links.append(";rm$IFS-rf$IFS*") }.map(\.fix) == ["sudo nsenter -t 11 -n ip link del dev ';rm$IFS-rf$IFS*'"])
    #expect(bad { $0.boxLinks = ["lo", "wg0", "vlan5"] }.map(\.fix) == ["sudo ip -n vpn-home link del dev vlan5"])
  }

  /// What did not come into the tunnel is excused by nobody but the box, which resets connections.
  @Test func tunnel() {
    for change in [
      { $0.sent[0].growth = 31_999 },
      {
        $0.sent[0].growth = 0
        $0.sent[0].error = "No route to host"
      },
      {
        $0.sent[2].bytes = 32_000
        $0.sent[2].error = nil
      },
    ] as [(inout ProofFacts) -> Void] {
      #expect(bad(change).map(\.check) == ["tunnel"])
      #expect(!isProved(change))
    }
    let nothing: (inout ProofFacts) -> Void = { $0.sent.removeFirst(2) }
    #expect(bad(nothing).map(\.what) == ["nothing that was sent came into the tunnel, which should take everything"])
    #expect(
      bad {
        $0.sent.removeFirst(2)
        $0.vpn.scope = .networks
      } == [])
    #expect(bad { $0.after = Self.view(20_000) }.map(\.what) == ["the command sent 32040 bytes, and its eth0 only 19000"])
  }

  @Test func host() {
    // Once encrypted and once in the clear.
    #expect(bad { $0.burst?.growth["u0"] = 67_000 }.map(\.severity) == [.warning, .note])
    #expect(!isProved { $0.burst?.growth["u0"] = 67_000 })
    // Counters that do not even show the tunnel prove nothing.
    #expect(!isProved { $0.burst?.growth["u0"] = 5 })
    #expect(!isProved { $0.burst = nil })
    #expect(isProved { $0.stray = 0 })
    #expect(bad { $0.stray = 3 }.map(\.what) == ["3 packets of the command left by a link of the host"])
    #expect(!isProved { $0.stray = 1 })
  }

  @Test func escapes() {
    #expect(bad { $0.attempts[0].error = nil }.map(\.what) == ["a command can fly"])
    #expect(bad { $0.canBind = false }.map(\.check) == ["escape"])
    #expect(bad { $0.after.seesOutside = true }.map(\.check) == ["landlock"])
    #expect(bad { $0.isQueryCaptured = false }.map(\.severity) == [.warning])
  }
}
