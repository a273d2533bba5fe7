public import NetworkModel
internal import Profile

// A box whose way out is another link of the host (`Link =`), and no tunnel: in the tunnel's place it has a link of its own on the same
// wire (macvlan), with addresses which the host has not. So it needs nothing of the host: no forwarding, no rule, no filter; and where that
// link goes, the box's goes, too.

extension VPN {
  public var isByLink: Bool { profile.link != nil }

  /// Of the box's end, before it is up. They are files of the box, and who writes them is in there.
  public var linkSettings: [Step] {
    guard profile.link != nil else { return [] }
    let link = Names.tunnel
    // As soon as the link below is down its routes do not count, and the box refuses.
    var steps = [
      Step(.box, .sysctl("net/ipv4/conf/\(link)/ignore_routes_with_linkdown", "1")),
      Step(.box, .sysctl("net/ipv6/conf/\(link)/ignore_routes_with_linkdown", "1")),
      Step(.box, .sysctl("net/ipv4/conf/\(link)/accept_redirects", "0")),
    ]
    // A router is asked for by a link-local address, or not at all.
    steps += [
      Step(.box, .sysctl("net/ipv6/conf/\(link)/accept_dad", "0")), Step(.box, .sysctl("net/ipv6/conf/\(link)/accept_ra", "0")),
      Step(.box, .sysctl("net/ipv6/conf/\(link)/addr_gen_mode", families.contains(.v6) ? "0" : "1")),
    ]
    return steps
  }

  /// The box's addresses on the link.
  func linkAddresses(_ family: IPFamily) -> [Step] {
    profile.linkAddresses.filter { $0.family == family }.map { Step(.box, .addAddress(Address($0, on: Names.tunnel))) }
  }

  /// A route to what leaves.
  func wayOut(_ destination: Prefix) -> Route {
    guard let gateway = profile.gateways.first(where: { $0.family == destination.family }) else {
      return Route(destination, .link(Names.tunnel))
    }
    // Other programs may have flushed the route to its network, which is the kernel's.
    return Route(destination, .gateway(gateway, link: Names.tunnel, isOnLink: true))
  }

  /// Commands and the host leave as the box. `nil` where the VPN's addresses are the host's own.
  func linkTranslation(_ family: IPFamily) -> FilterRule? {
    profile.linkAddresses.first { $0.family == family }.map {
      [.outputLink(Names.tunnel), .family(family), .sourceNAT($0.address)]
    }
  }

  /// Neighbours of IPv6 on the link ask for the box's addresses and answer; a switch asks who listens to the group by which they do.
  var neighbours: [FilterRule] {
    guard profile.link != nil, families.contains(.v6) else { return [] }
    let types: [UInt8] = [130, 135, 136]
    return types.map { [.inputLink(Names.tunnel), .family(.v6), .transport(.icmpv6), .icmpv6Type($0), .accept] }
  }
}
