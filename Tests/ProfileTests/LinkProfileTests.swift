import NetworkModel
import Profile
import Testing

@Suite("Another link of the machine as the way out") struct LinkProfileTests {
  /// Room for lines: of the interface in line 2, of our own section in line 7.
  private static func file(interface: String = "Address = 10.10.10.11/24, fd10::11/64", vpn: String = "") -> String {
    "[Interface]\n\(interface)\n\n[VPN]\nLink = eth1\nGateway = 10.10.10.1, fd10::1\n\(vpn)\n"
  }

  @Test func whole() throws {
    let profile = try parse(Self.file(vpn: "Relay = 10.42.42.0/24, fd42::/64"))
    #expect(profile.link == "eth1" && profile.gateways == ["10.10.10.1", "fd10::1"].map { IPAddress($0)! } && profile.peers.isEmpty)
    #expect(profile.allowedIPs == [Prefix("0.0.0.0/0")!, Prefix("::/0")!])
    let linked = profile.byLink(id: 7)
    #expect(linked.linkAddresses == profile.addresses && linked.byLink(id: 7) == linked)
    #expect(linked.addresses.map(\.description) == ["10.20.0.7/32", "fd76:706e:0:7::1/128"])
    #expect(linked.within([.v4])?.gateways.count == 1 && linked.within([.v4])?.linkAddresses.count == 1)
    #expect(Sample.profile.byLink(id: 7) == Sample.profile)
  }

  @Test("For what is relayed alone it needs no address, and no section for one") func relayOnly() throws {
    let profile = try parse("[VPN]\nLink = eth1\nGateway = fe80::1\nRelay = fd42::/64")
    #expect(profile.addresses.isEmpty && profile.byLink(id: 7).addresses.isEmpty)
  }

  @Test(arguments: [
    (
      "Address = 10.10.10.11/24", "",
      "6:23: Gateway = fd10::1: there is no Address of IPv6, nor a Relay; write an address that is free on that link, or leave this out"
    ),
    ("", "", "1:1: Address is missing; write one that is free on the link, with its network's length"),
    (
      "Address = 10.10.11.11/24, fd10::11/64", "",
      "6:11: Gateway = 10.10.10.1: not in the network of Address = 10.10.11.11/24; write the router on that link, "
        + "or Address with its network's length"
    ),
    ("Address = 10.10.10.1/24, fd10::11/64", "", "6:11: Gateway = 10.10.10.1: this machine's own Address; write the router's"),
    (
      "Address = 10.10.10.11/24, fd10::11/64, 10.10.10.12/24", "",
      "2:40: Address = 10.10.10.12/24: a second one of IPv4; with Link write one of each family"
    ),
    (
      "Address = 10.10.10.11/24, fd10::11/64\nTable = off", "",
      "3:9: Table = off: not with Link, whose routes stand there; write a number, or leave it out"
    ),
    (
      "Address = 10.10.10.11/24, fd10::11/64\nPrivateKeyFile = /k", "",
      "3:18: PrivateKeyFile: not with Link, which has no tunnel; leave one of them out"
    ),
    (
      "Address = 10.10.10.11/24, fd10::11/64", "Underlay = main",
      "7:12: Underlay = main: not with Link, which has no tunnel; leave one of them out"
    ),
    ("Address = 10.10.10.11/24, fd10::11/64", "[Peer]\nPublicKey = \(Sample.publicKey)", "7:1: [Peer] beside Link; leave one of them out"),
    (
      "Address = 10.10.10.11/24, fd10::11/64", "Relay = 10.10.10.0/28",
      "7:9: Relay = 10.10.10.0/28: has the Gateway 10.10.10.1 in it; write the networks behind this machine only"
    ),
  ])
  func faults(interface: String, vpn: String, expected: String) {
    #expect(errors(Self.file(interface: interface, vpn: vpn)).contains(expected), "\(errors(Self.file(interface: interface, vpn: vpn)))")
  }

  @Test(arguments: [
    Fault(
      .vpn, "Gateway = 10.0.0.1",
      "10:11: Gateway = 10.0.0.1: only with Link, the link of this machine on which it is; write that as well, or leave this out"),
    Fault(
      .vpn, "Link = a/b",
      "10:8: Link = a/b: not the name of a link that leads anywhere; write one of ip link's, 1 to 15 of A-Z a-z 0-9 _ - ."),
    Fault(
      .vpn, "Gateway = 169.254.1.1",
      "10:11: Gateway = 169.254.1.1: not a router's address; write the one of IPv4, the one of IPv6, or both, with a comma between them"),
  ])
  func alone(fault: Fault) { #expect(errors(fault.file) == [fault.expected]) }
}
