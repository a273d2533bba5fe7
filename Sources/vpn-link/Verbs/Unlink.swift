internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// `vpn unlink`: removes a VPN's box.
func unlink(_ name: VPNName, isForced: Bool, _ session: inout Session) throws(Failure) {
  // A box outlives its profile, and so does a link without one.
  if try !Box.exists(name), (try? session.hostLink(name))?.isHostTunnel != true { _ = try session.profiles.profile(name) }
  let who: Verb.Who = try session.isWithoutBox(name) ? .carrier : .user
  try session.changingRoutes(of: name, as: who) { session throws(Failure) in
    let profile = try session.profiles.usable(name)
    var state = try session.state()
    if let identity = try session.identity(name, profile) {
      var isForAll = try state.carries(identity, &session.host)
      if !isForAll { isForAll = try session.relaying(identity, state) != nil }
      // Everybody's system would be taken down by it, or other machines would be out of it.
      if isForAll { try Caller.mustBeAllowedSystemWide(name, profile) }
    }
    if let inner = try session.carried(by: name).first, !isForced || !Process.isRoot {
      let force = isForced ? "only root may cut it off" : "or root cuts it off with `sudo vpn unlink --force \(name)`"
      throw Failure("\(name) carries \(inner), whose Underlay it is: `vpn unlink \(inner)` first; \(force)")
    }
    try session.remove(name, isForced: isForced)
  }
}
