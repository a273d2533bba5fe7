internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// `vpn link`: builds a VPN's box.
func link(_ name: VPNName, _ session: inout Session) throws(Failure) {
  let isShared = try session.sharesAddress(name, session.profiles.profile(name))
  var hasUnusualMark = false
  // Of VPNs with one address the first has it on the host, so they are linked one after the other.
  if !isShared {
    try session.changing(name, as: .user) { session throws(Failure) in hasUnusualMark = try session.establish(name) }
    guard hasUnusualMark else { return }
  }
  try session.changingRoutes(of: name, as: .user) { session throws(Failure) in
    if isShared { hasUnusualMark = try session.establish(name) }
    if hasUnusualMark { try session.carryAgain() }
  }
}
