import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct AttachedFactsTests {
  private static func whole(_ change: (inout AttachedFacts) -> Void = { _ in }) -> AttachedFacts {
    var examination = Examination(label: "web", lost: [])
    (examination.link, examination.isFiltered, examination.isUp) = ("eth0", true, true)
    var facts = AttachedFacts(vpn: Sample.home, examination: examination, pid: 42)
    facts.sent = [
      .init(kind: "UDP", family: "IPv4", bytes: 1000, growth: 1200, isReset: false),
      .init(kind: "UDP", family: "IPv6", bytes: 0, error: "Network is unreachable", growth: 0, isReset: false),
    ]
    (facts.stray, facts.isQueryCaptured) = (0, true)
    change(&facts)
    return facts
  }

  private func bad(_ change: (inout AttachedFacts) -> Void) -> [String] {
    Self.whole(change).findings.filter { $0.severity == .problem }.map { "\($0.what) | \($0.fix ?? "")" }
  }

  @Test func ordinaryOne() {
    #expect(
      Self.whole().findings.map(\.what) == [
        "web (attached) has lo and eth0 and nothing else; its filter and its port's guard are whole, and what was sent from there came into the tunnel or was refused"
      ])
    #expect(Self.whole().findings.allSatisfy { $0.severity == .ok })
  }

  @Test func whatIsMissing() {
    let again = "sudo vpn attach home --pid 42 --label web"
    #expect(bad { $0.examination.lost = ["a", "b"] } == ["web (attached) has lost in the box: a, b | vpn refresh home"])
    #expect(bad { $0.examination.isFiltered = false } == ["web (attached): the filter in its network is not as it was made | \(again)"])
    #expect(bad { $0.examination.isUp = false } == ["web (attached): its link eth0 is down | \(again)"])
    #expect(bad { $0.stray = 2 } == ["web (attached): 2 packets from there left by a link of the host | \(again)"])
    #expect(bad { $0.sent[0].growth = 0 }.count == 1)
  }

  @Test("A way around is a problem where the filter does not close it") func links() {
    let findings = Self.whole { $0.examination.links = ["eth1"] }.findings
    #expect(findings.map(\.severity) == [.warning])
    #expect(findings[0].fix == "sudo nsenter -t 42 -n ip link del dev eth1")
    let named = Self.whole { $0.examination.links = ["x;reboot"] }.findings
    #expect(named[0].fix == "sudo nsenter -t 42 -n ip link del dev 'x;reboot'")
    #expect(
      bad {
        $0.examination.links = ["eth1"]
        $0.examination.isFiltered = false
      }.count == 2)
    #expect(
      Self.whole {
        $0.examination.links = ["eth1"]
        $0.examination.kept = ["10.0.0.0/8"]
      }.findings.map(\.severity) == [.ok])
  }

  @Test("What fixes it is typed as it was made") func again() {
    func fix(_ change: (inout AttachedFacts) -> Void) -> String? {
      Self.whole {
        $0.examination.isUp = false
        change(&$0)
      }.findings.first?.fix
    }
    #expect(fix { $0.unit = "web" } == "sudo systemctl restart web")
    #expect(fix { $0.isRoots = false } == "vpn attach home --pid 42 --label web")
    #expect(fix { $0.examination.label = "a b" } == "sudo vpn attach home --pid 42 --label 'a b'")
    #expect(fix { $0.examination.label = "a'$(b)" } == #"sudo vpn attach home --pid 42 --label 'a'\''$(b)'"#)
    #expect(
      fix { $0.examination.kept = ["10.0.0.0/8", "fd00::/8"] }
        == "sudo vpn attach home --pid 42 --label web --beside --keep 10.0.0.0/8,fd00::/8")
  }

  @Test("One that nobody looked into is not called well") func unseen() {
    let findings = Self.whole { $0.examination.link = nil }.findings
    #expect(findings.map(\.severity) == [.note])
    #expect(bad { ($0.examination.link, $0.examination.lost) = (nil, ["a"]) }.count == 1)
  }

  private func service(_ change: (inout ServiceFacts) -> Void) -> [Finding] {
    var facts = ServiceFacts(vpn: Sample.home, unit: "web", pid: 7)
    facts.isInside = true
    facts.written = ["/etc/resolv.conf": "nameserver \(Sample.home.dns[0])\n"]
    facts.seen = facts.written
    change(&facts)
    return facts.findings
  }

  @Test func services() {
    #expect(service { _ in }.map(\.severity) == [.ok])
    #expect(service { $0.pid = nil }.map(\.severity) == [.note])
    #expect(service { $0.isInside = nil }.map(\.severity) == [.note])
    #expect(service { $0.isInside = false }.map(\.fix) == ["sudo systemctl restart web"])
    #expect(service { $0.seen = nil }.map(\.severity) == [.note])
    #expect(service { $0.seen = [:] }.map(\.severity) == [.problem])
    let old = service {
      $0.written = ["/etc/resolv.conf": "nameserver 10.9.9.9\n"]
      $0.seen = $0.written
    }
    #expect(old.map(\.severity) == [.warning])
  }
}
