internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

extension Session {
  /// What two VPNs must not share, because the kernel (and `unlink`) tells them apart by it.
  mutating func refuseConflicts(_ name: VPNName, _ profile: Profile, _ id: UInt8) throws(Failure) {
    for (other, theirs) in try profiles.others(than: name) {
      guard let theirID = theirs.id else { continue }
      if theirID == id { throw Failure("\(name) and \(other) both have ID \(id): change one in \(Names.profile(name))") }
      let own = VPN(name: name, id: id, profile: profile, peers: [])
      let their = VPN(name: other, id: theirID, profile: theirs, peers: [])
      if own.table == their.table {
        throw Failure("\(name) and \(other) both have table \(own.table): set another `Table =` in one of them")
      }
      if own.device.fwmark == their.device.fwmark {
        throw Failure("\(name) and \(other) both have fwmark \(own.device.fwmark): set another `FwMark =` in one of them")
      }
      if own.priority != their.priority {
        throw Failure(
          "\(name) and \(other) count their rules from \(own.priority) and \(their.priority): set the same `Priority =` in both")
      }
      for family in IPFamily.allCases {
        let (a, b) = (own.subnet(family), their.subnet(family))
        if a.overlaps(b) { throw Failure("the subnets of \(name) (\(a)) and \(other) (\(b)) overlap: set `Subnet =` in one of them") }
      }
    }
  }
}
