internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

/// `vpn toggle`: what it comes to, `down` for what is up and `up` for what is not. Without a name only what the caller may take down counts.
func toggled(_ request: HelperRequest, _ session: inout Session) throws(Failure) -> HelperRequest {
  let running = try session.state().up.map { $0.name }
  let mine = try session.firstToTakeDown(of: running)
  let isUp = request.name.map { running.contains($0) } ?? (mine != nil)
  var toggled = request
  toggled.verb = isUp ? .down : .up
  return toggled
}
