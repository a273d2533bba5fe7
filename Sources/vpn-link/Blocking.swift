internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

// Whether the system waits for a VPN that is to be up from its start on.

extension Session {
  mutating func isBlocking(_ name: VPNName) throws(Failure) -> Bool {
    try attempting("look for a filter") { () throws(SystemError) in try host.hasTable(Names.blockTable(name)) }
  }

  /// All that are waited for, be there a profile or not.
  mutating func blocking() throws(Failure) -> [VPNName] {
    let start = Names.blockTableStart.utf8
    return try attempting("look for filters") { () throws(SystemError) in try host.tables() }
      .filter { $0.utf8.starts(with: start) }.compactMap { VPNName(Array($0.utf8.dropFirst(start.count))) }
      .sorted { $0.description.utf8.lexicographicallyPrecedes($1.description.utf8) }
  }

  /// Of all tunnels that there may be. One whose profile cannot be read will not be linked.
  mutating func unusualMarks() throws(Failure) -> [UInt32] {
    var marks: [UInt32] = []
    for name in try profiles.names() {
      guard let profile = try? profiles.usable(name), let mark = profile.fwmark, !VPN.isUsual(mark), !marks.contains(mark) else { continue }
      marks.append(mark)
    }
    return marks
  }

  /// - Returns: whether there was anything to do.
  mutating func unblock(_ name: VPNName) throws(Failure) -> Bool {
    guard try isBlocking(name) else { return false }
    try run([Step(.host, .deleteTable(Names.blockTable(name)))], tolerating: .missing)
    return true
  }
}
