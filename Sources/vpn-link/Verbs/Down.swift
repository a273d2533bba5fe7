internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

/// `vpn down`: takes the system out of a VPN, without a name out of the one with the lowest ID of those that the caller may take down. The
/// box goes as well if `vpn up` has made it and no command runs in it.
func down(_ given: VPNName?, _ session: inout Session) throws(Failure) {
  var name = given
  if name == nil {
    let up = try session.state().up.map { $0.name }
    name = try session.firstToTakeDown(of: up) ?? up.first
  }
  if name == nil { name = try session.blocking().first }
  guard let name else { return say("no VPN is up\n", to: 1) }
  // A VPN that is up outlives its profile.
  if try session.hostLink(name) == nil, try !session.isBlocking(name) { _ = try Profiles.open(name) }
  try session.changingRoutes(of: name, as: .carrier) { session throws(Failure) in try goDown(name, &session) }
}

private func goDown(_ name: VPNName, _ session: inout Session) throws(Failure) {
  var state = try session.state()
  guard let identity = try session.identity(name, session.profiles.usable(name)), try session.leave(identity, &state) else {
    let wasBlocking = try session.unblock(name)
    return say("\(name) is not up\(wasBlocking ? ", and keeps nothing from leaving this machine any more" : "")\n", to: 1)
  }
  _ = try session.unblock(name)
  session.record(.down, of: name)
  var text = "\(name) is down"
  if let next = state.up.first { text += ": \(next.name) carries the system now" }
  if identity.memory[.isMadeByUp] {
    if try hasCommands(name, &session) {
      text += "; commands still run in it, so it stays linked"
    } else if let inner = try session.carried(by: name).first {
      text += "; it carries \(inner), so it stays linked"
    } else if let what = try session.relaying(identity, session.state()) {
      text += "; \(what), so it stays linked"
    } else {
      try session.remove(name, isForced: false)
    }
  }
  say(text + "\n", to: 1)
}

private func hasCommands(_ name: VPNName, _ session: inout Session) throws(Failure) -> Bool {
  guard var box = try session.box(name) else { return false }
  return try !session.livingCommands(in: &box).isEmpty
}
