internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan

/// A setting of the whole host that VPNs need. Who has turned it on remembers that on its link, and puts it back.
enum HostSetting {
  /// The tunnel's packets are asked by their mark where strict reverse path filtering is in force. For VPNs that are up.
  case sourceValidMark
  /// The tunnel's socket, which is bound to no link, gets what comes in by a VRF. For VPNs with such an underlay.
  case unboundInVRF

  private var path: ByteString {
    switch self {
    case .sourceValidMark: "net/ipv4/conf/all/src_valid_mark"
    case .unboundInVRF: "net/ipv4/udp_l3mdev_accept"
    }
  }

  var isOff: Bool { Sysctl.number(path.description) == 0 }
  var turnedOn: Step { Step(.host, .sysctl(path, "1")) }

  private func isNeeded(by other: Identity, _ state: HostState) -> Bool {
    switch self {
    case .sourceValidMark: other.memory[.isUp]
    case .unboundInVRF: state.hasVRF(other.underlay)
    }
  }

  /// Off again, unless another VPN needs it: that one remembers it from then on.
  func putBack(by identity: Identity, _ state: inout HostState) -> Step {
    guard var heir = (state.linked + state.tunnels).first(where: { $0.id != identity.id && isNeeded(by: $0, state) }) else {
      return Step(.host, .sysctl(path, "0"))
    }
    switch self {
    case .sourceValidMark: heir.memory[.changedSourceValidMark] = true
    case .unboundInVRF: heir.memory[.changedUnboundInVRF] = true
    }
    state.remember(heir)
    return heir.remembering
  }
}
