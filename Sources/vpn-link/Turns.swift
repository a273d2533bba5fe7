internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

// One change at a time.

extension Session {
  /// Of the system's routes, for VPNs hand them to one another: a process that changes them holds the lock of the first profile and of its
  /// own.
  mutating func changingRoutes(
    of name: VPNName, as who: Verb.Who, _ change: (inout Session) throws(Failure) -> Void
  ) throws(Failure) {
    var locks = [name]
    if let first = try profiles.names().first, first != name { locks.insert(first, at: 0) }
    try changing(name, holding: locks, as: who, change)
  }

  /// Of one VPN.
  mutating func changing(_ name: VPNName, as who: Verb.Who, _ change: (inout Session) throws(Failure) -> Void) throws(Failure) {
    try changing(name, holding: [name], as: who, change)
  }

  /// Who may not make the change gets no lock.
  private mutating func changing(
    _ name: VPNName, holding locks: [VPNName], as who: Verb.Who, _ change: (inout Session) throws(Failure) -> Void
  ) throws(Failure) {
    try permit(name, who)
    func work(_ session: inout Session) throws(Failure) {
      // What was read may have changed before the lock was ours.
      session.forget()
      try session.permit(name, who)
      try change(&session)
    }
    do throws(Failure) { try inTurn(locks, work) } catch {
      guard error == Failure(asking: .needsAddresses), !Process.isRoot else { throw error }
      // No lock is held while name servers are asked.
      try resolveWithoutCaller(name)
      try inTurn(locks, work)
    }
  }

  /// The caller could lead others' packets astray. Names that only plug-ins of nsswitch.conf(5) know are for root, because plug-ins have no
  /// place here. What is in use already is no news.
  private mutating func resolveWithoutCaller(_ name: VPNName) throws(Failure) {
    guard let profile = try profiles.usable(name) else { return }
    let search = try NameLookUp(profile)
    let answer = try attempting("look up the endpoints of \(name)") { () throws(SystemError) in
      try Capabilities.askChildWithout { Array(search.answer.utf8) }
    }
    let found = search.read(answer)
    resolved += found
    for host in search.hosts where !found.contains(where: { $0.host.elementsEqual(host.description.utf8) }) {
      guard let address = try addressInUse(of: host, name, profile) else {
        throw Failure(
          "no name server of this network knows \(host), the endpoint of \(name): try again, or root does it, who may ask others as well: "
            + "`sudo vpn link \(name)`")
      }
      say("vpn: \(host) cannot be resolved now; \(name) goes on with \(address)\n")
      resolved.append(.init(host: Array(host.description.utf8), address: address))
    }
  }

  private mutating func addressInUse(of host: DomainName, _ name: VPNName, _ profile: Profile) throws(Failure) -> IPAddress? {
    guard var box = try box(name), let status = try box.status() else { return nil }
    for peer in profile.peers {
      guard case .name(let name, _) = peer.endpoint, name == host else { continue }
      if let found = status.peers.first(where: { $0.publicKey == peer.publicKey })?.endpoint { return found.address }
    }
    return nil
  }

  private mutating func permit(_ name: VPNName, _ who: Verb.Who) throws(Failure) {
    switch who {
    case .member, .root: break
    case .user: try Caller.mustBeAllowed(name, profiles.usable(name))
    case .carrier: try Caller.mustBeAllowedSystemWide(name, profiles.usable(name))
    }
  }

  /// What is said meanwhile waits until no lock is held any more, because the caller may never read it.
  private mutating func inTurn(_ locks: [VPNName], _ work: (inout Session) throws(Failure) -> Void) throws(Failure) {
    defer { Speech.goOn() }
    var wait = LockWait()
    while let other = try holding(locks[...], work) { try wait.pause(for: other) }
  }

  /// Locks are on profiles' files, which only root and this program can open. `vpn edit` has it, too, when it puts another file in the place of
  /// one. A VPN that outlives its profile has none.
  /// - Returns: what another process has locked, and nothing was done; who waits for it keeps no other process waiting.
  private mutating func holding(
    _ locks: ArraySlice<VPNName>, _ work: (inout Session) throws(Failure) -> Void
  ) throws(Failure) -> FileDescriptor? {
    guard let name = locks.first else {
      Speech.holdBack()
      try work(&self)
      return nil
    }
    guard let file = try? Profiles.open(name) else { return try holding(locks.dropFirst(), work) }
    guard try attempting("lock \(name)", { () throws(SystemError) in try file.lock() }) else { return file }
    defer { _ = file.raw }
    let isReplaced = try attempting("look at \(name)") { () throws(SystemError) in try file.status().links == 0 }
    return try holding(isReplaced ? locks : locks.dropFirst(), work)
  }
}
