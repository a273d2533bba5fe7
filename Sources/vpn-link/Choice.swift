internal import LinuxSystem
internal import NetworkModel
internal import Profile

// Which VPN is meant where none is named.

extension Session {
  /// The VPN with the lowest ID of those that the caller may use.
  /// - Returns: `nil` if there is none at all.
  mutating func defaultName() throws(Failure) -> VPNName? {
    var best: (id: UInt8, name: VPNName)?
    let names = try profiles.names()
    for name in names {
      // One without an ID comes behind all others.
      guard let profile = try profiles.usable(name), profile.hasBox, case let id = profile.id ?? .max - 1, id < best?.id ?? .max,
        try Caller.mayUse(profile)
      else { continue }
      best = (id, name)
    }
    if best == nil, !names.isEmpty { throw Failure("there is no VPN that you may use: `vpn list` shows which there are") }
    return best?.name
  }

  /// Of VPNs that are up, the first that the caller may take down.
  mutating func firstToTakeDown(of names: [VPNName]) throws(Failure) -> VPNName? {
    for name in names {
      if Process.isRoot { return name }
      if let profile = try profiles.usable(name), profile.systemWide == .group, try Caller.mayUse(profile) { return name }
    }
    return nil
  }
}
