internal import LinuxSystem
internal import NetworkModel

/// For `vpnrun` without a name. Nothing if there is no VPN.
func sayDefault(_ session: inout Session) throws(Failure) {
  if let name = try session.defaultName() { say("\(name)\n", to: 1) }
}
