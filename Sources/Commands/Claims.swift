internal import NetworkModel
internal import Profile

/// The addresses that a VPN takes on this machine: its own, and the networks of its commands. No two VPNs may share any, for
/// the kernel's rules and routes tell VPNs apart by them.
struct Claims {
  var addresses: [Prefix]
  var subnets: [Prefix]
  /// Not claimed, for two VPNs may well have one server; but it must be reachable through the tunnel.
  var resolvers: [Prefix]

  init(of profile: Profile, id: UInt8?) {
    addresses = profile.addresses.map { Prefix(host: $0.address) }
    resolvers = profile.dns.map { Prefix(host: $0) }
    subnets = [
      profile.subnet ?? id.map(Profile.defaultSubnet), profile.subnet6 ?? id.map(Profile.defaultSubnet6),
    ].compactMap { $0 }
  }

  /// A sentence if there is something that both claim.
  func conflict(with other: Claims, of name: VPNName) -> String? {
    for own in addresses {
      for theirs in other.addresses where own == theirs {
        return "address \(own.address) is that of '\(name)', too: two VPNs cannot have one address"
      }
      for theirs in other.subnets where theirs.overlaps(own) {
        return "address \(own.address) is in the network of '\(name)''s commands, \(theirs): give that one another Subnet"
      }
    }
    for own in subnets {
      for theirs in other.addresses + other.subnets where own.overlaps(theirs) {
        let what = theirs.isHost ? "address \(theirs.address)" : "\(theirs)"
        return "the commands' network \(own) overlaps \(what) of '\(name)': \(Self.remedy)"
      }
    }
    return nil
  }

  /// A sentence if something of the VPN's is in its commands' network.
  func conflictWithin() -> String? {
    for subnet in subnets {
      for address in addresses where subnet.overlaps(address) {
        return "the commands' network \(subnet) has the VPN's own address \(address.address) in it: \(Self.remedy)"
      }
      for resolver in resolvers where subnet.overlaps(resolver) {
        return "the commands' network \(subnet) has the VPN's DNS server \(resolver.address) in it: \(Self.remedy)"
      }
    }
    return nil
  }

  private static let remedy = "choose another ID (in [VPN] or with --id) or another Subnet"
}
