internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

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
    try inTurn(locks) { session throws(Failure) in
      // What was read may have changed before the lock was ours.
      session.profiles.forget()
      try session.permit(name, who)
      try change(&session)
    }
  }

  private mutating func permit(_ name: VPNName, _ who: Verb.Who) throws(Failure) {
    switch who {
    case .member: break
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
