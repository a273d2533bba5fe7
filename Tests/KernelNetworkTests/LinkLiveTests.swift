import Foundation
import KernelNetwork
import LinuxSystem
import Netlink
import NetworkModel
import Privilege
import Testing

private let bridgeMAC = MACAddress(2, 0x76, 0x70, 0, 0, 1)
private let nearMAC = MACAddress(6, 0x76, 0x70, 0, 0, 2)
private let farMAC = MACAddress(2, 0x76, 0x70, 0, 0, 2)

/// A bridge and a pair: the near end is the bridge's port, the far end is beside it.
private func makeLinks(_ route: inout NetlinkSocket) throws {
  let here = try NetworkNamespace.current()
  var namespaces = NamespaceDescriptors()
  namespaces.command = here.descriptor.raw
  try route.perform(Link("br-home", .bridge, mtu: 1420, mac: bridgeMAC, index: 100).creation(in: namespaces))
  try route.perform(LinkSettings.up.request(for: "br-home", in: namespaces))
  let pair = Link(
    "v2", .veth(peer: .init("eth0", mac: farMAC, in: .command)), mtu: 1420, mac: nearMAC, master: .init("br-home", index: 100), isUp: true)
  try route.perform(pair.creation(in: namespaces))
}

private func link(_ name: String) throws -> [String: any Sendable] { try ipObjects("-d link show dev \(name)")[0] }

@Suite(.needsRoot) struct LinkLiveTests {
  @Test func made() async throws {
    let (bridge, near, far) = try await inNewNamespace {
      var route = try NetlinkSocket(.route)
      try makeLinks(&route)
      return (try link("br-home"), try link("v2"), try link("eth0"))
    }
    #expect(bridge["ifindex"] as? Int == 100)
    #expect(bridge["mtu"] as? Int == 1420)
    #expect(bridge["address"] as? String == bridgeMAC.description)
    #expect((bridge["flags"] as? [String])?.contains("UP") == true)
    #expect((bridge["linkinfo"] as? [String: Any])?["info_kind"] as? String == "bridge")

    #expect(near["mtu"] as? Int == 1420)
    #expect(near["address"] as? String == nearMAC.description)
    #expect(near["master"] as? String == "br-home")
    #expect(near["link"] as? String == "eth0")
    #expect((near["flags"] as? [String])?.contains("UP") == true)
    #expect((near["linkinfo"] as? [String: Any])?["info_kind"] as? String == "veth")

    #expect(far["mtu"] as? Int == 1420)
    #expect(far["address"] as? String == farMAC.description)
    #expect(far["master"] == nil)
    #expect((far["flags"] as? [String])?.contains("UP") == false)
  }

  @Test func isThere() async throws {
    let found = try await inNewNamespace {
      var route = try NetlinkSocket(.route)
      try makeLinks(&route)
      _ = try ip("link add name-of-fifteen type bridge")
      let names: [ByteString] = ["v2", "br-home", "eth0", "name-of-fifteen", "v", "v22", "", "name-of-fifteen2"]
      return names.filter { route.hasLink($0) }.map(\.description)
    }
    #expect(found == ["v2", "br-home", "eth0", "name-of-fifteen"])
  }

  @Test("Who asks for neighbours") func neighbours() async throws {
    let asking = try await inNewNamespace {
      var route = try NetlinkSocket(.route)
      try makeLinks(&route)
      _ = try ip("link set eth0 arp off")
      _ = try ip("tuntap add tun0 mode tun")
      return try route.links().filter { $0.asksForNeighbours && $0.name != "lo" }.map(\.name.description).sorted()
    }
    #expect(asking == ["br-home", "v2"])
  }

  @Test("A name is taken once: that is how an address is claimed")
  func taken() async throws {
    let code = try await inNewNamespace {
      var route = try NetlinkSocket(.route)
      try makeLinks(&route)
      return refusal { try makeLinks(&route) }
    }
    #expect(code == EEXIST)
  }

  @Test func set() async throws {
    let (port, settings, after, addresses) = try await inNewNamespace {
      var route = try NetlinkSocket(.route)
      try makeLinks(&route)
      let nowhere = NamespaceDescriptors()
      try route.perform(
        LinkSettings(alias: "uid=1000 pid=42 curl", isIsolated: true).request(for: "v2", in: nowhere))
      try route.perform(
        LinkSettings(mtu: 1300, noIPv6Autoconfiguration: true, reversePathFilter: 2, routeLocalnet: true, sendRedirects: false).request(
          for: "eth0", in: nowhere))
      try route.perform(LinkSettings.up.request(for: "eth0", in: nowhere))
      let settings = ["rp_filter", "route_localnet", "send_redirects"].map {
        (try? String(contentsOfFile: "/proc/thread-self/root/proc/sys/net/ipv4/conf/eth0/\($0)", encoding: .utf8)) ?? ""
      }
      return (try link("v2"), settings, try link("eth0"), try ipObjects("address show dev eth0")[0])
    }
    #expect(port["ifalias"] as? String == "uid=1000 pid=42 curl")
    let info = port["linkinfo"] as? [String: Any]
    #expect((info?["info_slave_data"] as? [String: Any])?["isolated"] as? Bool == true)
    #expect(settings == ["2\n", "1\n", "0\n"])
    #expect(after["mtu"] as? Int == 1300)
    #expect(after["inet6_addr_gen_mode"] as? String == "none")
    // Up, and no address of its own making.
    #expect((after["flags"] as? [String])?.contains("UP") == true)
    #expect((addresses["addr_info"] as? [Any])?.isEmpty == true)
  }

  @Test func movedAndRenamed() async throws {
    let (here, there) = try await inNewNamespace {
      var route = try NetlinkSocket(.route)
      try makeLinks(&route)
      let start = try NetworkNamespace.current()
      try NetworkNamespace.unshare()
      let other = try NetworkNamespace.current()
      try start.enter()
      var namespaces = NamespaceDescriptors()
      namespaces.box = other.descriptor.raw
      let index = try route.link("eth0")?.index
      try route.perform(
        LinkSettings(move: .box, rename: "wg0").request(for: "eth0", index: index, in: namespaces))
      let here = try route.links().map(\.name.description)
      try other.enter()
      var inside = try NetlinkSocket(.route)
      return (here, try inside.links().map(\.name.description))
    }
    #expect(here.sorted() == ["br-home", "lo", "v2"])
    #expect(there.sorted() == ["lo", "wg0"])
  }

  @Test func deleted() async throws {
    let left = try await inNewNamespace {
      var route = try NetlinkSocket(.route)
      try makeLinks(&route)
      try route.perform(Link.deletion(of: "v2"))
      return try ipObjects("link").compactMap { $0["ifname"] as? String }
    }
    #expect(left.sorted() == ["br-home", "lo"])
  }

  @Test("A dump says what `ip -j -d link` says")
  func dump() async throws {
    let (all, ports, bridge, none, objects) = try await inNewNamespace {
      var route = try NetlinkSocket(.route)
      try makeLinks(&route)
      try ip("link set dev br-home alias 'for commands'")
      var (all, bridge) = (try route.links(), try route.link("br-home"))
      // It comes to life, and says so, between two looks.
      for _ in 0..<50 where bridge != all.first(where: { $0.name == "br-home" }) {
        (all, bridge) = (try route.links(), try route.link("br-home"))
      }
      return (all, try route.links(master: 100), bridge, try route.link("br-nobody"), try ipObjects("-d link"))
    }
    #expect(all.count == 4)
    let names = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.index) })
    for object in objects {
      let name = ByteString(try #require(object["ifname"] as? String))
      let link = try #require(all.first { $0.name == name })
      #expect(Int(link.index) == object["ifindex"] as? Int)
      #expect(Int(link.mtu) == object["mtu"] as? Int)
      #expect(link.isUp == (object["flags"] as? [String])?.contains("UP"))
      #expect(link.alias?.description == object["ifalias"] as? String)
      #expect(link.kind?.description == (object["linkinfo"] as? [String: Any])?["info_kind"] as? String)
      #expect(link.master == (object["master"] as? String).flatMap { names[ByteString($0)] })
    }
    #expect(ports.map(\.name) == ["v2"])
    #expect(bridge == all.first { $0.name == "br-home" })
    #expect(none == nil)
  }
}
