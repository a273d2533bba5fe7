import Profile
import Testing

@Suite("What is wrong with a VPN's number and the networks of its commands") struct SubnetErrorTests {
  static let subnet = "write an IPv4 network of 22 to 24 bits, like 10.20.7.0/24"
  static let subnet6 = "write an IPv6 network of 64 bits, like fd76:706e:7::/64"

  @Test(arguments: [
    Fault(.vpn, "ID = 0", "10:6: ID = 0: out of range; write a number from 1 to 99"),
    Fault(.vpn, "ID = 100", "10:6: ID = 100: out of range; write a number from 1 to 99"),
    Fault(.vpn, "ID = 256", "10:6: ID = 256: out of range; write a number from 1 to 99"),
    Fault(.vpn, "ID = one", "10:6: ID = one: not a number; write a number from 1 to 99"),
    Fault(.vpn, "Subnet = 10.20.0.0/16", "10:10: Subnet = 10.20.0.0/16: not a network for commands; \(subnet)"),
    Fault(.vpn, "Subnet = 10.20.0.0/21", "10:10: Subnet = 10.20.0.0/21: not a network for commands; \(subnet)"),
    Fault(.vpn, "Subnet = 10.20.6.0/22", "10:10: Subnet = 10.20.6.0/22: has host bits; write 10.20.4.0/22"),
    Fault(.vpn, "Subnet = 10.20.7.0/25", "10:10: Subnet = 10.20.7.0/25: not a network for commands; \(subnet)"),
    Fault(.vpn, "Subnet = fd00::/64", "10:10: Subnet = fd00::/64: not a network for commands; \(subnet)"),
    Fault(.vpn, "Subnet = 10.20.7.0", "10:10: Subnet = 10.20.7.0: not a network for commands; \(subnet)"),
    Fault(.vpn, "Subnet = 10.20.7.9/24", "10:10: Subnet = 10.20.7.9/24: has host bits; write 10.20.7.0/24"),
    Fault(.vpn, "Subnet = 127.0.0.0/24", "10:10: Subnet = 127.0.0.0/24: not a network that can be routed; \(subnet)"),
    Fault(.vpn, "Subnet = 169.254.76.0/24", "10:10: Subnet = 169.254.76.0/24: not a network that can be routed; \(subnet)"),
    Fault(.vpn, "Subnet6 = fd00::/48", "10:11: Subnet6 = fd00::/48: not a network for commands; \(subnet6)"),
    Fault(.vpn, "Subnet6 = 10.20.7.0/24", "10:11: Subnet6 = 10.20.7.0/24: not a network for commands; \(subnet6)"),
    Fault(.vpn, "Subnet6 = fe80::/64", "10:11: Subnet6 = fe80::/64: not a network that can be routed; \(subnet6)"),
    Fault(.vpn, "Subnet6 = fd00::1/64", "10:11: Subnet6 = fd00::1/64: has host bits; write fd00::/64"),
    Fault(
      .vpn, "Subnet = 172.27.12.0/24",
      "3:11: Address = 172.27.12.34/32: within the commands' network 172.27.12.0/24; write another Subnet in [VPN]"),
    Fault(
      .vpn, "Subnet6 = fd27:12::/64",
      "3:28: Address = fd27:12::34/128: within the commands' network fd27:12::/64; write another Subnet6 in [VPN]"),
  ])
  func vpn(fault: Fault) { #expect(errors(fault.file) == [fault.expected]) }

  @Test("A resolver and an address within the network that the ID gives") func defaultSubnets() {
    let text = Sample.file(interface: "DNS = 10.20.5.1\nAddress = fd76:706e:5::2/64", vpn: "ID = 5")
    #expect(
      errors(text) == [
        "4:7: DNS = 10.20.5.1: within the commands' network 10.20.5.0/24; write another Subnet in [VPN]",
        "5:11: Address = fd76:706e:5::2/64: within the commands' network fd76:706e:5::/64; write another Subnet6 in [VPN]",
      ])
    #expect(errors(text.replacing("ID = 5", with: "ID = 6")).isEmpty)
    #expect(errors(text.replacing("ID = 5", with: "ID = 5\nSubnet = 10.21.0.0/24\nSubnet6 = fd01::/64")).isEmpty)
  }
}
