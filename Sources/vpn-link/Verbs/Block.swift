internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// Before the system has a network: nothing leaves it until the VPNs are up that want it so (`Block = yes`). `up` and `down` end that.
func block(_ session: inout Session) throws(Failure) {
  guard Process.isRoot else { throw Failure("only root may do this: `sudo systemctl start vpnrun-block`") }
  var failure: Failure?
  // The others still count.
  func note(_ error: Failure) { failure = Failure((failure.map { $0.sentence + "; " } ?? "") + error.sentence) }
  for name in try session.profiles.names() {
    do throws(Failure) {
      guard try session.profiles.profile(name).block else { continue }
    } catch {
      note(error)
      guard Profiles.asksForBlock(name) else { continue }
    }
    do throws(Failure) {
      try session.changingRoutes(of: name, as: .root) { session throws(Failure) in
        var state = try session.state()
        let identity = state.up.first { $0.name == name }
        if let identity, try state.loss(identity, &session.host) == nil { return }
        try session.run([Step(.host, .replaceTable(Block.filter(name, marks: try session.unusualMarks())))])
        say("nothing leaves this machine until \(name) is up\n", to: 1)
      }
    } catch { note(error) }
  }
  if let failure { throw failure }
}
