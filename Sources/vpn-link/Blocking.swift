internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan

// Whether the system waits for a VPN that is to be up from its start on.

extension Session {
  mutating func isBlocking(_ name: VPNName) throws(Failure) -> Bool {
    try attempting("look for a filter") { () throws(SystemError) in try host.hasTable(Names.blockTable(name)) }
  }

  /// - Returns: whether there was anything to do.
  mutating func unblock(_ name: VPNName) throws(Failure) -> Bool {
    guard try isBlocking(name) else { return false }
    try run([Step(.host, .deleteTable(Names.blockTable(name)))], tolerating: .missing)
    return true
  }
}
