public import NetworkModel

extension Profile {
  /// The same on a kernel that has these families only: its addresses, and the servers which they can ask.
  /// - Returns: `nil` if no address is left.
  public func within(_ families: [IPFamily]) -> Profile? {
    var profile = self
    profile.addresses.removeAll { !families.contains($0.family) }
    guard !profile.addresses.isEmpty || addresses.isEmpty else { return nil }
    profile.linkAddresses.removeAll { !families.contains($0.family) }
    profile.gateways.removeAll { !families.contains($0.family) }
    profile.dns.removeAll { !families.contains($0.family) }
    profile.relay.removeAll { if case .network(let prefix) = $0 { !families.contains(prefix.family) } else { false } }
    profile.isPartOnly = profile.addresses.count < addresses.count
    return profile
  }
}
