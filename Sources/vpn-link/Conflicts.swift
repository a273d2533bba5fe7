internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

extension Session {
  /// What two VPNs must not share, because the kernel (and `unlink`) tells them apart by it.
  mutating func refuseConflicts(_ name: VPNName, _ profile: Profile, _ id: UInt8) throws(Failure) {
    var others: [Claims] = []
    for other in try profiles.others(than: name) { others.append(claims(other.name, other.profile, other.profile.id)) }
    guard let sentence = claims(name, profile, id).firstError(beside: others) else { return }
    throw Failure("\(Names.profile(name)): \(sentence)")
  }

  /// With the table that its Underlay is here, if there is one.
  private mutating func claims(_ name: VPNName, _ profile: Profile, _ id: UInt8?) -> Claims {
    var claims = Claims(of: profile, name, id: id)
    if profile.underlay?.outer == nil, profile.underlay != nil || !profile.hasBox { claims.underlay = try? underlayTable(profile) }
    return claims
  }
}
