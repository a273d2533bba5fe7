import KernelNetwork
import Netlink
import NetworkModel
import Testing

/// The namespace's descriptor is 4 in all commands, as in the tools' runs.
let everywhere: NamespaceDescriptors = {
  var namespaces = NamespaceDescriptors()
  namespaces.host = 4
  namespaces.box = 4
  namespaces.command = 4
  return namespaces
}()

@Suite struct LinkBytesTests {
  // ip link add name br-home mtu 1420 address 02:76:70:00:00:01 type bridge
  @Test func bridge() throws {
    try expect(
      Link("br-home", .bridge, mtu: 1420, mac: MACAddress(2, 0x76, 0x70, 0, 0, 1)).creation(in: everywhere),
      says:
        "5000000010000506d893016b0000000000000000000000000000000000000000080004008c0500000a00010002767000000100000c00030062722d686f6d6500100012000a0001006272696467650000"
    )
  }

  // ip link add name host0 index 7762030 mtu 1420 address 02:76:70:ff:00:00 type veth
  //   peer name home mtu 1420 address 06:76:70:ff:00:00 netns /proc/self/ns/net
  @Test func pairIntoAnotherNamespace() throws {
    let peer = Link.Peer("home", mac: MACAddress(6, 0x76, 0x70, 0xff, 0, 0), in: .host)
    try expect(
      Link("host0", .veth(peer: peer), mtu: 1420, mac: MACAddress(2, 0x76, 0x70, 0xff, 0, 0), index: 7_762_030)
        .creation(in: everywhere),
      says:
        "8c00000010000506d993016b00000000000000006e7076000000000000000000080004008c0500000a000100027670ff000000000a000300686f7374300000004c0012000800010076657468400002003c00010000000000000000000000000000000000080004008c0500000a000100067670ff0000000008001c000400000009000300686f6d6500000000"
    )
  }

  // ip link add name v2 up mtu 1420 address 06:76:70:00:00:02 master br-home type veth
  //   peer name eth0 netns /proc/self/ns/net mtu 1420 address 02:76:70:00:00:02
  @Test func port() throws {
    let peer = Link.Peer("eth0", mac: MACAddress(2, 0x76, 0x70, 0, 0, 2), in: .command)
    try expect(
      Link(
        "v2", .veth(peer: peer), mtu: 1420, mac: MACAddress(6, 0x76, 0x70, 0, 0, 2), master: .init("br-home", index: 2), isUp: true
      )
      .creation(in: everywhere),
      says:
        "9000000010000506da93016b0000000000000000000000000100000001000000080004008c0500000a000100067670000002000008000a000200000007000300763200004c0012000800010076657468400002003c0001000000000000000000000000000000000008001c0004000000080004008c0500000a0001000276700000020000090003006574683000000000"
    )
  }

  // ip link add name wg0 mtu 1420 netns /proc/self/ns/net type wireguard
  @Test func tunnel() throws {
    try expect(
      Link("wg0", .wireguard, mtu: 1420, in: .box).creation(in: everywhere),
      says:
        "4c00000010000506da93016b0000000000000000000000000000000000000000080004008c05000008001c00040000000800030077673000140012000d000100776972656775617264000000"
    )
  }

  // ip link add name wg0 link eth1 mtu 1500 address 02:76:70:00:00:01 netns /proc/self/ns/net type macvlan mode private
  @Test func onTheWireOfAnother() throws {
    try expect(
      Link("wg0", .macvlan(on: "eth1"), mtu: 1500, mac: MACAddress(2, 0x76, 0x70, 0, 0, 1), in: .box).creation(in: everywhere, below: 3),
      says:
        "6800000010000506cd930a6b000000000000000000000000000000000000000008000400dc0500000a000100027670000001000008001c0004000000080005000300000008000300776730001c0012000b0001006d6163766c616e000c0002000800010001000000"
    )
  }

  // ip link add name v9 mtu 1420 address 06:76:70:00:00:09 group 76 type bridge, and ip link del group 76
  @Test func group() throws {
    try expect(
      Link("v9", .bridge, mtu: 1420, mac: MACAddress(6, 0x76, 0x70, 0, 0, 9), group: 76).creation(in: everywhere),
      says:
        "5400000010000506939d016b0000000000000000000000000000000000000000080004008c0500000a000100067670000009000008001b004c0000000700030076390000100012000a0001006272696467650000"
    )
    try expect(Link.deletion(ofGroup: 76), says: "2800000011000500939d016b000000000000000000000000000000000000000008001b004c000000")
  }

  // ip link del dev v2: by its number, ours by its name.
  @Test func deletion() throws {
    try expect(
      Link.deletion(of: "v2"), says: "2000000011000500df93016b0000000000000000050000000000000000000000",
      but: ["header 00000000000000000000000000000000", "3: 763200"], not: ["header 00000000050000000000000000000000"])
  }
}

@Suite struct LinkSettingsBytesTests {
  // ip link set dev br-home mtu 1420 alias '172.27.12.1 fd27:12::1'
  @Test func alias() throws {
    try expect(
      LinkSettings(mtu: 1420, alias: "172.27.12.1 fd27:12::1").request(for: "br-home", index: 2, in: everywhere),
      says:
        "4400000010000500db93016b0000000000000000020000000000000000000000080004008c0500001a0014003137322e32372e31322e3120666432373a31323a3a310000"
    )
  }

  // ip link set dev lo up
  @Test func up() throws {
    try expect(
      LinkSettings.up.request(for: "lo", index: 1, in: everywhere),
      says: "2000000010000500dc93016b0000000000000000010000000100000001000000")
  }

  // ip link set dev home addrgenmode none
  @Test func noIPv6Autoconfiguration() throws {
    try expect(
      LinkSettings(noIPv6Autoconfiguration: true).request(for: "home", index: 3, in: everywhere),
      says: "3000000010000500dd93016b000000000000000003000000000000000000000010001a000c000a000500080001000000")
  }

  // ip link set dev v2 type bridge_slave isolated on
  @Test func isolated() throws {
    try expect(
      LinkSettings(isIsolated: true).request(for: "v2", index: 5, in: everywhere),
      says:
        "4000000010000500dd93016b000000000000000005000000000000000000000020001200100001006272696467655f736c6176650c0005000500210001000000",
      but: ["18.4: 627269646765"], not: ["18.1: 6272696467655f736c617665"])
  }

  // ip link set dev eth0 netns /proc/self/ns/net name wg0
  @Test func moveAndRename() throws {
    try expect(
      LinkSettings(move: .box, rename: "wg0").request(for: "eth0", index: 4, in: everywhere),
      says: "3000000010000500de93016b000000000000000004000000000000000000000008001c00040000000800030077673000")
  }

  // ip link set dev home group 76
  @Test func group() throws {
    try expect(
      LinkSettings(group: 76).request(for: "home", index: 3, in: everywhere),
      says: "280000001000050003ba016b000000000000000003000000000000000000000008001b004c000000")
  }

  // ip link set dev home master blue: IFLA_MASTER (10), blue's number.
  @Test func vrf() {
    #expect(
      lines(LinkSettings(vrf: "blue").request(for: "home", vrf: 9, in: everywhere)) == [
        "type 16", "flags 0", "header 00000000000000000000000000000000", "3: 686f6d6500", "10: 09000000",
      ])
  }

  /// `ip link` has no word for them: IFLA_AF_SPEC (26), AF_INET (2), IFLA_INET_CONF (1), IPV4_DEVCONF_RP_FILTER (8),
  /// _ROUTE_LOCALNET (26), _SEND_REDIRECTS (6).
  @Test func ipv4Settings() {
    let request = LinkSettings(reversePathFilter: 2, routeLocalnet: true, sendRedirects: false).request(for: "eth0", in: everywhere)
    #expect(
      lines(request) == [
        "type 16", "flags 0", "header 00000000000000000000000000000000", "3: 6574683000", "26.2.1.8: 02000000", "26.2.1.26: 01000000",
        "26.2.1.6: 00000000",
      ])
  }

  @Test func nothingIsSaidOfWhatIsNotSet() {
    #expect(
      lines(LinkSettings().request(for: "v2", in: everywhere)) == [
        "type 16", "flags 0", "header 00000000000000000000000000000000", "3: 763200",
      ])
  }
}
