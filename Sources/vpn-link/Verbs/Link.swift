internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import Profile

/// `vpn link`: builds a VPN's box.
func link(_ name: VPNName, _ session: inout Session) throws(Failure) {
  let profile = try session.profiles.profile(name)
  if !profile.hasBox {
    // `vpnrun` asks for it before it runs a command.
    if Arguments.isForVPNRun { throw Failure(withoutBox: name) }
    return try session.changingRoutes(of: name, as: .carrier) { session throws(Failure) in
      try session.establishHostTunnel(name)
    }
  }
  // So are those that relay: some rules serve several of them. And those that another VPN carries, which must not go meanwhile.
  var isShared = profile.id == nil || !profile.relayed.isEmpty || profile.underlay?.outer != nil
  if !isShared { isShared = try session.sharesAddress(name, profile) }
  var hasUnusualMark = false
  // Of VPNs with one address the first has it on the host, so they are linked one after the other; and so are those that need an ID.
  if !isShared {
    try session.changing(name, as: .user) { session throws(Failure) in hasUnusualMark = try session.establish(name) }
    guard hasUnusualMark else { return }
  }
  try session.changingRoutes(of: name, as: .user) { session throws(Failure) in
    if isShared { hasUnusualMark = try session.establish(name) }
    if hasUnusualMark { try session.carryAgain() }
  }
}
