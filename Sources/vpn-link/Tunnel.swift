internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// What a box's WireGuard device says.
struct TunnelStatus {
  var mtu: UInt32
  /// Or a userspace one.
  var isKernel: Bool
  var peers: [WireGuardPeerStatus]
}

/// To be asked inside the box.
/// - Returns: `nil` if the device is gone.
func tunnelStatus(_ name: VPNName, _ box: inout Sockets) throws(SystemError) -> TunnelStatus? {
  guard let link = try box.route.link(Names.tunnel) else { return nil }
  let isKernel = link.kind?.utf8.elementsEqual("wireguard".utf8) ?? false
  return TunnelStatus(mtu: link.mtu, isKernel: isKernel, peers: try isKernel ? kernelPeers() : userspacePeers(name))
}

private func kernelPeers() throws(SystemError) -> [WireGuardPeerStatus] {
  try Capabilities.raise(.netAdmin) { () throws(SystemError) in
    var generic = try NetlinkSocket(.generic)
    guard let family = try generic.genericFamily("wireguard") else { return [] }
    return try generic.wireGuardPeers(of: Names.tunnel, family: family)
  }
}

/// None if its process is gone: the device goes with it in a moment.
private func userspacePeers(_ name: VPNName) throws(SystemError) -> [WireGuardPeerStatus] {
  (try? Capabilities.raise(.dacOverride) { () throws(SystemError) in try WireGuardUAPI(Names.userspace(name)).peers() }) ?? []
}
