internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

// A VPN through another one: the outer carries the encrypted packets of the inner.

extension Session {
  /// The outer VPN must be there before the inner one sends.
  /// - Throws: `needsLink` where another program may link it.
  mutating func requireOuter(of name: VPNName, _ profile: Profile) throws(Failure) {
    guard let outer = profile.underlay?.outer else { return }
    let end = "\(outer), which \(name) has as Underlay,"
    guard let linked = try linkedIdentity(outer) else {
      guard let its = try profiles.usable(outer) else { throw Failure("\(end) is not there: `vpn list` shows those that are") }
      guard its.hasBox else { throw Failure("\(end) has Box = no: name the table of its routes instead, Underlay = TABLE") }
      throw Failure(asking: .needsLink)
    }
    if linked.memory[.hasNoBox] { throw Failure("\(end) has Box = no: name the table of its routes instead, Underlay = TABLE") }
    if linked.memory[.isForCommandsOnly] {
      throw Failure("\(end) is for commands only, since another link has its address: `vpn status \(outer)` says which")
    }
  }

  /// Those whose packets a linked VPN carries.
  mutating func carried(by name: VPNName) throws(Failure) -> [VPNName] {
    guard let table = try linkedIdentity(name)?.table else { return [] }
    let state = try self.state()
    return (state.linked + state.tunnels).filter { $0.memory[.isThroughVPN] && $0.underlay == table }.map { $0.name }
  }

  /// Why what a linked VPN sends does not get to the one that carries it.
  mutating func outerLoss(_ identity: Identity, _ profile: Profile) throws(Failure) -> String? {
    guard identity.memory[.isThroughVPN], let outer = profile.underlay?.outer, try linkedIdentity(outer) == nil else { return nil }
    return
      "\(outer), which carries \(identity.name), is not linked: everything in \(identity.name) is refused; `vpn link \(outer)` fixes it"
  }
}
