internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

func show(_ steps: [Step], _ shell: Shell) {
  for step in steps {
    for line in step.commandLines(shell) { say(line + "\n", to: 1) }
  }
}

/// Applies steps, and shows them as the lines that would do the same.
func run(
  _ steps: [Step], _ shell: Shell, _ kernel: inout Applier, tolerating tolerance: Tolerance = .none, isVerbose: Bool
) throws(Failure) {
  if isVerbose { show(steps, shell) }
  do throws(StepFailure) { try kernel.apply(steps, tolerating: tolerance) } catch { throw Failure(error.sentence(shell)) }
}

/// One change of a VPN at a time. The lock is on the profile's file, which only root and this program can open.
func lock(_ file: borrowing FileDescriptor, _ name: VPNName) throws(Failure) {
  try attempting("lock \(name)") { () throws(SystemError) in
    if try file.lock(waiting: false) { return }
    say("vpn: waiting for another change of \(name) to end\n")
    _ = try file.lock(waiting: true)
  }
}

/// A box built from inside a command would send its encrypted packets through that command's VPN.
func refuseInsideCommand(_ kernel: inout Applier) throws(Failure) {
  let own = try attempting("look at the links") { () throws(SystemError) in try kernel.host!.route.link("lo") }
  guard let alias = own?.alias, alias.utf8.begins(with: "vpnrun ") else { return }
  throw Failure("this runs inside a VPN (\(alias)): do it outside")
}

/// The host's link into the box; `nil` if there is none. Somebody else's may have its name, wg-quick(8) makes such: that is refused.
func hostLink(_ name: VPNName, _ kernel: inout Applier) throws(Failure) -> LinkState? {
  let link = try attempting("look for the link \(name)") { () throws(SystemError) in try kernel.host!.route.link(Names.hostLink(name)) }
  guard let link, link.mac != Pair.hostEnd.bytes else { return link }
  throw Failure("there is a link '\(name)' which is not ours: remove it, or give the VPN another name (`vpn import --name`)")
}

/// What the host has of a linked VPN, as the link remembers it, for the profile may have changed since; where the link is gone, as the
/// profile has it now. The profile's addresses count in any case: one who was killed may have come as far as their rules.
func identity(_ name: VPNName, _ kernel: inout Applier) throws(Failure) -> Identity? {
  let found = try attempting("look at the link \(name)") { () throws(SystemError) -> Identity? in
    guard let link = try kernel.host!.route.link(Names.hostLink(name)), let alias = link.alias else { return nil }
    return Identity(name: name, alias: alias, addresses: try kernel.host!.route.addresses(ofLink: link.index))
  }
  guard let profile = try? ProfileStore.read(name), let id = profile.id else { return found }
  guard var identity = found else { return VPN(name: name, id: id, profile: profile, peers: []).identity }
  identity.addresses += profile.addresses.filter { own in !identity.addresses.contains { $0.address == own.address } }
  return identity
}
