import NetworkModel
import Profile
import Testing

@Suite("Keys for what comes in, and for routers") struct RouterKeyTests {
  static let words = "write no, all, icmp, or tcp/PORT and udp/PORT with a port from 1 to 65535, or with two as in 6000-6010"

  @Test(arguments: [
    Fault(.vpn, "Inbound =", "10:10: Inbound: the value is missing; write it, or leave the line out"),
    Fault(.vpn, "Inbound = ssh", "10:11: Inbound = ssh: \(words)"), Fault(.vpn, "Inbound = yes", "10:11: Inbound = yes: \(words)"),
    Fault(.vpn, "Inbound = 22", "10:11: Inbound = 22: \(words)"), Fault(.vpn, "Inbound = 22/tcp", "10:11: Inbound = 22/tcp: \(words)"),
    Fault(.vpn, "Inbound = tcp", "10:11: Inbound = tcp: \(words)"),
    Fault(.vpn, "Inbound = sctp/5", "10:11: Inbound = sctp/5: \(words)"),
    Fault(.vpn, "Inbound = icmp/8", "10:11: Inbound = icmp/8: \(words)"),
    Fault(.vpn, "Inbound = icmp, tcp/0", "10:17: Inbound = tcp/0: out of range; \(words)"),
    Fault(.vpn, "Inbound = tcp/65536", "10:11: Inbound = tcp/65536: out of range; \(words)"),
    Fault(.vpn, "Inbound = tcp/6010-6000", "10:11: Inbound = tcp/6010-6000: the wrong way round; write the lower port first"),
    Fault(.vpn, "Inbound = tcp/6000-", "10:11: Inbound = tcp/6000-: not a number; \(words)"),
    Fault(.vpn, "Inbound = tcp/6000-6010-6020", "10:11: Inbound = tcp/6000-6010-6020: not a number; \(words)"),
    Fault(.vpn, "Inbound = tcp/6000-65536", "10:11: Inbound = tcp/6000-65536: out of range; \(words)"),
    Fault(.vpn, "Inbound = udp/ssh", "10:11: Inbound = udp/ssh: not a number; \(words)"),
    Fault(.vpn, "Inbound = tcp/22\nInbound = no", "11:11: Inbound = no: beside other things; leave it or them out"),
    Fault(.vpn, "Inbound = all, icmp", "10:11: Inbound = all: holds the others, too; leave it or them out"),
    Fault(
      .vpn, "Inbound = \((50000..<50012).map { "tcp/\($0)" }.joined(separator: " "))",
      "10:121: Inbound = tcp/50011: one too many; keep them within 110 characters in all, or write all"),
  ])
  func inbound(fault: Fault) { #expect(errors(fault.file) == [fault.expected]) }

  @Test(arguments: [
    Fault(.vpn, "VRF = blue", "10:7: VRF = blue: only with Box = no, whose tunnel is a link of this machine"),
    Fault(.vpn, "Box = maybe", "10:7: Box = maybe: write yes or no"),
    Fault(
      .vpn, "Box = no\nVRF = a/b", "11:7: VRF = a/b: not a VRF's name; write 1 to 15 of A-Z a-z 0-9 _ - ., the first a letter or digit"),
    Fault(.vpn, "Box = no\nInbound = all", "11:11: Inbound = all: not with Box = no; leave one of them out"),
    Fault(.vpn, "Networks = 10.0.0.0/8\nBox = no", "10:12: Networks = 10.0.0.0/8: not with Box = no; leave one of them out"),
    Fault(.vpn, "Box = no\nAutostart = up", "11:13: Autostart = up: not with Box = no, which cannot be up; write link"),
  ])
  func box(fault: Fault) { #expect(errors(fault.file) == [fault.expected]) }

  @Test("A router's address may be another program's to give") func address() throws {
    let file = Sample.file(vpn: "Box = no").replacing("Address = 172.27.12.34/32, fd27:12::34/128\n", with: "\n")
    let profile = try parse(file)
    #expect(profile.addresses.isEmpty && !profile.hasBox)
    #expect(profile.within([.v4]) == profile)
    #expect(errors(file.replacing("Box = no", with: "Box = yes")).count == 1)
  }
}
