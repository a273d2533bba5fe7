internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

extension Session {
  /// What two VPNs must not share, because the kernel (and `unlink`) tells them apart by it.
  mutating func refuseConflicts(_ name: VPNName, _ profile: Profile, _ id: UInt8) throws(Failure) {
    let others = try profiles.others(than: name).map { Claims(of: $0.profile, $0.name, id: $0.profile.id) }
    guard let sentence = Claims(of: profile, name, id: id).firstError(beside: others) else { return }
    throw Failure("\(Names.profile(name)): \(sentence)")
  }
}
