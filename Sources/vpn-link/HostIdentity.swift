internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

// What the host has of one VPN.

extension Session {
  /// The host's link into the box; `nil` if there is none. A foreign one may have its name, wg-quick(8) makes such: that is refused.
  mutating func hostLink(_ name: VPNName) throws(Failure) -> LinkState? {
    let link = try attempting("look for the link \(name)") { () throws(SystemError) in try host.route.link(Names.hostLink(name)) }
    guard let link, link.mac != Pair.hostEnd.bytes else { return link }
    throw Failure("there is a link '\(name)' which is not ours: remove it, or give the VPN another name (`vpn import --name`)")
  }

  /// The number of the table that `Underlay =` names.
  mutating func underlayTable(_ profile: Profile) throws(Failure) -> UInt32 {
    switch profile.underlay {
    case nil: return Tables.main
    case .table(let number): return number
    case .vrf(let name):
      let link = try attempting("look for the VRF \(name)") { () throws(SystemError) in try host.route.link(name) }
      guard let table = link?.vrfTable else {
        throw Failure("there is no VRF '\(name)', which the profile has as Underlay: `ip link show type vrf` lists those that there are")
      }
      return table
    }
  }

  /// What the host has of a linked VPN, as the link remembers it, for the profile may have changed since; where the link is gone, as the
  /// profile has it now. The profile's addresses count in any case: a process that was killed may have come as far as their rules.
  /// - Parameter profile: `nil` if it cannot be read.
  mutating func identity(_ name: VPNName, _ profile: Profile?) throws(Failure) -> Identity? {
    var identity = try identityWithoutPermission(name, profile)
    identity?.permission = try Caller.permissionOnHost(profile)
    return identity
  }

  private mutating func identityWithoutPermission(_ name: VPNName, _ profile: Profile?) throws(Failure) -> Identity? {
    let found = try attempting("look at the link \(name)") { () throws(SystemError) -> Identity? in
      guard let link = try host.route.link(Names.hostLink(name)), let alias = link.alias else { return nil }
      return Identity(name: name, alias: alias, addresses: try host.route.addresses(ofLink: link.index))
    }
    guard let profile, let id = profile.id else { return found }
    guard var identity = found else {
      let underlay = (try? underlayTable(profile)) ?? Tables.main
      var identity = VPN(name: name, id: id, profile: profile, peers: []).identity(underlay: underlay)
      identity.addresses = try unheld(identity.addresses, besides: name)
      return identity
    }
    guard !identity.memory[.isForCommandsOnly] else { return identity }
    let missing = profile.addresses.filter { own in !identity.addresses.contains { $0.address == own.address } }
    identity.addresses += try unheld(missing, besides: name)
    return identity
  }
}
