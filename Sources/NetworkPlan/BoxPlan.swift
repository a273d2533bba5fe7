public import NetworkModel
internal import Profile

/// How a VPN's router is made: in the order in which the steps run.
extension VPN {
  /// First of all: the box forwards, and no link that comes into it makes itself a link-local address (`addrgenmode none`).
  public static let boxSettings = [
    // The host may switch IPv6 off for all links to come: `ipv6.disable_ipv6=1` at boot.
    Step(.box, .sysctl("net/ipv6/conf/all/disable_ipv6", "0")),
    Step(.box, .sysctl("net/ipv4/ip_forward", "1")), Step(.box, .sysctl("net/ipv6/conf/all/forwarding", "1")),
    Step(.box, .sysctl("net/ipv6/conf/default/addr_gen_mode", "1")),
    // What a command has let in goes to it by its port, and comes back by the bridge. Whose sender is whose the filter looks at.
    Step(.box, .sysctl("net/ipv4/conf/all/rp_filter", "0")), Step(.box, .sysctl("net/ipv4/conf/default/rp_filter", "0")),
    // Errors are for our own commands only, and each of them is to hear at once.
    Step(.box, .sysctl("net/ipv4/icmp_ratelimit", "0")), Step(.box, .sysctl("net/ipv6/icmp/ratelimit", "0")),
  ]

  /// The tunnel, made on the host into the box: its UDP socket stays where it was made.
  public var tunnel: Step {
    guard let link = profile.link else { return Step(.host, .addLink(Link(Names.tunnel, .wireguard, mtu: mtu, in: .box))) }
    return Step(.host, .addLink(Link(Names.tunnel, .macvlan(on: link), mtu: mtu, mac: linkMAC, in: .box)))
  }

  /// The same with a TUN device that a userspace implementation made on the host.
  public var userspaceTunnel: [Step] {
    [
      Step(.host, .setLink(Names.userspace(name), LinkSettings(mtu: mtu))),
      Step(.host, .setLink(Names.userspace(name), LinkSettings(move: .box, rename: Names.tunnel))),
    ]
  }

  /// Everything else in the box. Nothing of it is visible outside before the box is pinned, but for the host's end of the pair,
  /// which goes with the box.
  public var boxSteps: [Step] {
    let bridge = Names.bridge(name)
    let uplink = Names.uplink
    let hostEnd = Link.Peer(Names.hostLink(name), mac: Pair.hostEnd, in: .host)
    var steps = [
      Step(.box, .setLink("lo", LinkSettings(isUp: true, alias: permission.alias))),
      Step(.box, .addLink(Link(bridge, .bridge, mtu: mtu, mac: Slot.mac(1, near: false)))),
      // The MTU is said again: only so does a bridge keep it when its last port goes.
      Step(.box, .setLink(bridge, LinkSettings(mtu: mtu, alias: resolvers.bridgeAlias, sendRedirects: false))),
      Step(.box, .setLink(bridge, .up)),
      Step(.box, .addLink(Link(uplink, .veth(peer: hostEnd), mtu: mtu, mac: Pair.boxEnd, index: Pair.boxIndex))),
      Step(.box, .setLink(uplink, LinkSettings(alias: resolvers.uplinkAlias, sendRedirects: false))),
      Step(.box, .setLink(uplink, .up)),
      Step(.box, .setLink(Names.tunnel, .up)),
    ]
    for family in families {
      let gateway = Prefix(subnet(family).gateway, length: subnet(family).length)
      steps.append(Step(.box, .addAddress(Address(gateway, on: bridge))))
      // A router asks for a neighbour's address from a link-local one of its own, or not at all.
      if family == .v6 { steps.append(Step(.box, .addAddress(Address(Prefix(host: Pair.gateway6), on: bridge)))) }
      steps.append(Step(.box, .addAddress(Address(Prefix(host: Pair.gateway(family)), on: Names.uplink))))
      for own in addresses where own.family == family {
        steps.append(Step(.box, .setNeighbour(Neighbour(own.address, Pair.hostEnd, on: Names.uplink))))
        steps.append(Step(.box, .addRoute(Route(Prefix(host: own.address), .link(Names.uplink)))))
      }
      steps.append(noEntrance(family))
      steps += fallback(family)
      let relayed = relayed.filter { $0.family == family }
      if !relayed.isEmpty {
        steps.append(Step(.box, .setNeighbour(Neighbour(Pair.host(family), Pair.hostEnd, on: Names.uplink))))
        steps += relayed.map { Step(.box, .addRoute(wayBack($0))) }
      }
      steps += linkAddresses(family)
      for prefix in routed where prefix.family == family { steps.append(Step(.box, .addRoute(wayOut(prefix)))) }
    }
    steps.append(Step(.box, .addTable(boxFilter)))
    steps += flows.map { Step(.box, .addTable($0)) }
    return steps
  }

  /// To a network that the host relays.
  func wayBack(_ relayed: Prefix) -> Route {
    Route(relayed, .gateway(Pair.host(relayed.family), link: Names.uplink, isOnLink: true))
  }

  /// Of these, those by which a tunnel that is new in its box is used.
  public var tunnelSteps: [Step] { boxSteps.filter { $0.link == Names.tunnel } }

  /// Those that make the pair of links between box and host.
  public var pairSteps: [Step] { boxSteps.filter { $0.link == Names.uplink } }

  /// What the tunnel does not take is sent back to where it came from, and on the way the filter refuses it with a TCP reset. An
  /// unreachable route would answer by ICMP, which a connect hears of one to four seconds later. All this stands in the table which is
  /// asked last, so that it is still there when the main one is emptied.
  private func fallback(_ family: IPFamily) -> [Step] {
    let bridge = Names.bridge(name)
    var steps: [Step] = []
    // IPv4 has this rule from the start.
    if family == .v6 { steps.append(Step(.box, .addRule(Rule(.v6, priority: 32767, table: Tables.default)))) }
    for prefix in [Prefix.everything(family), subnet(family)] {
      steps.append(Step(.box, .addRoute(Route(prefix, .link(bridge), table: Tables.default))))
    }
    for own in addresses where own.family == family {
      steps.append(Step(.box, .addRoute(Route(Prefix(host: own.address), .link(Names.uplink), table: Tables.default))))
    }
    return steps
  }

  /// What AllowedIPs send into the tunnel, each once, of the families that it has an address of, and nothing to ourselves: some routers
  /// list this machine's address, too.
  var routed: [Prefix] {
    let own = addresses.map { Prefix(host: $0.address) }
    let families = families
    let allowed = profile.link == nil ? device.peers.flatMap { $0.allowedIPs } : profile.allowedIPs
    return Prefix.once(allowed.map { $0.network })
      .filter { families.contains($0.family) && !own.contains($0) }
  }
}

extension Step {
  /// The one that it is about.
  fileprivate var link: ByteString? {
    switch change {
    case .addLink(let link): link.name
    case .setLink(let name, _), .deleteLink(let name): name
    case .addAddress(let address): address.link
    case .setNeighbour(let neighbour): neighbour.link
    case .addRoute(let route): route.link
    default: nil
    }
  }
}
