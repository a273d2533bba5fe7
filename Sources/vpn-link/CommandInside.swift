internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan

/// A command that runs in a box, as the alias of its port tells: `uid=1000 pid=4242 curl`.
struct CommandInside {
  var address: IPAddress
  var uid: UInt32
  var pid: UInt32
  var command: String

  init?(port: LinkState, subnet: Prefix) {
    guard let slot = UInt32(decimal: port.name.utf8.dropFirst()), let alias = port.alias else { return nil }
    let words = alias.utf8.split(separator: 0x20, maxSplits: 2)
    guard words.count == 3, words[0].begins(with: "uid="), words[1].begins(with: "pid="), let uid = UInt32(decimal: words[0].dropFirst(4)),
      let pid = UInt32(decimal: words[1].dropFirst(4))
    else { return nil }
    address = subnet.network.address.advanced(by: slot)
    self.uid = uid
    self.pid = pid
    command = String(decoding: words[2], as: UTF8.self)
  }
}

/// In the order of their addresses.
func commandsInside(_ name: VPNName, _ box: inout Sockets) throws(SystemError) -> [CommandInside] {
  guard let bridge = try box.route.link(Names.bridge(name)), let subnet = try box.route.addresses(ofLink: bridge.index).first else {
    return []
  }
  return try box.route.links(master: bridge.index).compactMap { CommandInside(port: $0, subnet: subnet) }
    .sorted { $0.address.bytes.lexicographicallyPrecedes($1.address.bytes) }
}
