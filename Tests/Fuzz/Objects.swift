// What is asked of the kernel, read as if the kernel had said it.
import CLinux
import NetworkModel

@testable import KernelNetwork
@testable import Netlink

func tryObjects(_ input: [UInt8]) {
  var choices = Choices(input)
  while !choices.isAtEnd {
    switch choices.byte() % 6 {
    case 0: tryRule(&choices)
    case 1: tryRoute(&choices)
    case 2: tryAddress(&choices)
    case 3: tryLink(&choices)
    case 4: tryPeers(&choices)
    default: tryAttributes(&choices)
    }
  }
}

private func tryRule(_ c: inout Choices) {
  let family = c.family()
  var rule = Rule(family, priority: c.number(), table: c.number())
  rule.source = c.maybe { $0.network(family) }.flatMap { $0.length == 0 ? nil : $0 }
  rule.destination = c.maybe { $0.network(family) }.flatMap { $0.length == 0 ? nil : $0 }
  rule.isLocallyGenerated = c.isTrue()
  rule.fwmark = c.maybe { $0.number() }
  rule.isInverted = c.isTrue()
  rule.outputLink = c.maybe { $0.text(1...15) }
  rule.service = c.maybe { Rule.Service($0.isTrue() ? .tcp : .udp, port: $0.number()) }
  rule.suppressedLength = c.maybe { $0.byte() }
  rule.isOfVRF = c.isTrue()
  if rule.isOfVRF { rule.table = 0 }
  let state = RuleState(read(rule.creation))
  check(state?.rule == rule && state!.isPlain && state!.isOurs, "\(rule)")
}

private func tryRoute(_ c: inout Choices) {
  let family = c.family()
  let destination = c.network(family)
  let target: Route.Target = c.isTrue() ? .link("x") : .gateway(c.address(family), link: "x", isOnLink: c.isTrue())
  let route = Route(destination, target, table: c.number(), metric: c.number(), source: c.maybe { $0.address(family) })
  let index = c.index()
  let message = read(route.creation(index: index))
  let state = RouteState(message, table: route.table)
  check(state?.destination == destination && state?.link == index && RouteState(message, table: route.table ^ 1) == nil, "\(route)")
  check(RouteAnswer(message).link == index)
}

private func tryAddress(_ c: inout Choices) {
  let family = c.family()
  let prefix = Prefix(c.address(family), length: c.byte() % (family.width + 1))
  let index = c.index()
  let message = read(Address(prefix, on: "x").creation(index: index))
  let expected = prefix.address.isLinkLocal ? nil : prefix
  check(Prefix(message, ofLink: index) == expected && Prefix(message, ofLink: nil) == expected, "\(prefix)")
  check(Prefix(message, ofLink: index ^ 1) == nil)
}

private func tryLink(_ c: inout Choices) {
  let master = c.maybe { Link.Master("x", index: $0.index()) }
  let mac = c.maybe { c in MACAddress(c.byte(), c.byte(), c.byte(), c.byte(), c.byte(), c.byte()) }
  let peer = Link.Peer(c.text(1...15), mac: MACAddress(2, 0, 0, 0, 0, 1), in: .command)
  let kind: Link.Kind = [.bridge, .wireguard, .veth(peer: peer), .macvlan(on: "eth1")][Int(c.byte() % 4)]
  let link = Link(
    c.text(1...15), kind, mtu: c.number(), mac: mac, master: master, isUp: c.isTrue(), index: c.index(), group: c.number())
  let state = LinkState(read(link.creation(in: NamespaceDescriptors())))!
  check(state.name == link.name && state.mtu == link.mtu && state.mac == mac?.bytes ?? [] && state.index == link.index, "\(link)")
  check(state.isUp == link.isUp && state.master == master?.index && state.vrfTable == nil, "\(link)")

  let settings = LinkSettings(mtu: c.number(), alias: c.text(0...255), noIPv6Autoconfiguration: c.isTrue(), isIsolated: c.isTrue())
  let changed = LinkState(read(settings.request(for: link.name, in: NamespaceDescriptors())))!
  check(changed.name == link.name && changed.mtu == settings.mtu && changed.alias == settings.alias, "\(settings)")
}

private func tryPeers(_ c: inout Choices) {
  var peers: [WireGuardPeer] = []
  for number in 0..<(c.byte() % 4) {
    let family = c.family()
    peers.append(
      WireGuardPeer(
        publicKey: WireGuardKey(bytes: [number] + c.bytes(31))!,
        endpoint: c.maybe { Endpoint(address: $0.address(family), port: $0.number()) },
        persistentKeepalive: c.number(), allowedIPs: (0..<(c.byte() % 4)).map { _ in c.network(family) }))
  }
  let device = WireGuardDevice(privateKey: .zero, listenPort: c.number(), fwmark: c.number(), peers: peers)
  let expected = peers.map { peer in
    var status = WireGuardPeerStatus(publicKey: peer.publicKey)
    status.endpoint = peer.endpoint
    status.allowedIPs = peer.allowedIPs
    return status
  }
  check(WireGuardPeerStatus.all(in: device.requests(for: "wg0", family: 29).map(read)) == expected)
  check(WireGuardUAPI.peers(in: Array(peers.map { WireGuardUAPI.text($0, presharedKey: nil) }.joined().utf8)) == expected)
}

private func tryAttributes(_ c: inout Choices) {
  let list = (0..<(c.byte() % 8)).map { _ in (type: c.number(UInt16.self) & 0x3fff, value: c.bytes(Int(c.byte() % 9))) }
  var p = Payload()
  p.nested(1) { p in for (type, value) in list { p.attribute(type, value) } }
  let found = Array(Attributes(p.bytes[...]).first { $0.type == 1 }!.nested)
  check(found.map(\.type) == list.map(\.type) && found.map { Array($0.value) } == list.map(\.value))
}

/// The request's own bytes as a message.
private func read(_ request: Request) -> Message {
  Message(type: request.type, flags: 0, sequence: 1, body: request.payload.bytes[...])
}

extension Choices {
  /// The kernel's begin with 1.
  fileprivate mutating func index() -> Int32 { max(1, number() & Int32.max) }
  fileprivate mutating func family() -> IPFamily { isTrue() ? .v6 : .v4 }
  fileprivate mutating func address(_ family: IPFamily) -> IPAddress { IPAddress(bytes: bytes(Int(family.width / 8)))! }
  fileprivate mutating func network(_ family: IPFamily) -> Prefix { Prefix(address(family), length: byte() % (family.width + 1)).network }
}
