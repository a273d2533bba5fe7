/// A process that lives in a VPN's box, where none belongs: `--network ns:/run/netns/vpn-home` and `ip netns exec` put one there.
public struct Lodger: Equatable, Sendable {
  public var vpn: String
  public var pid: Int32
  public var command: String

  public init(vpn: String, pid: Int32, command: String) {
    self.vpn = vpn
    self.pid = pid
    self.command = command
  }
}

extension HostFacts {
  func judgeLodgers(_ found: inout Findings) {
    for lodger in lodgers {
      found.problem(
        "box", "\(lodger.command) (pid \(lodger.pid)) lives in the box of \(lodger.vpn), which is its router",
        why:
          "no filter guards it there, it has neither address nor names of the VPN, and with CAP_NET_ADMIN it can read the private key and "
          + "switch the tunnel off for all",
        fix:
          "end it, and start it by `vpnrun \(lodger.vpn) -- COMMAND`; a container by `podman run --network none --device "
          + "vpnrun/vpn=\(lodger.vpn)`, see vpn-containers(7)")
    }
  }
}
