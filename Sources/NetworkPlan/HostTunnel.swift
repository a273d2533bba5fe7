public import NetworkModel
internal import Profile

// A VPN without a box, `Box = no`: its tunnel is a link of the host like any other, for a routing daemon. Its addresses have their own
// lengths, it has a link-local one, and what comes in by it is for the host's own filter to judge.

extension VPN {
  /// - Parameter underlay: the table by which the tunnel's packets leave.
  public func identityWithoutBox(underlay: UInt32) -> Identity {
    var identity = identity(underlay: underlay)
    identity.memory[.hasNoBox] = true
    return identity
  }

  /// The group tells it from another program's of that name.
  public var hostTunnel: Step { Step(.host, .addLink(Link(Names.hostLink(name), .wireguard, mtu: mtu, group: Names.group))) }

  /// The same with a TUN device that a userspace implementation made.
  public var userspaceHostTunnel: [Step] {
    let settings = LinkSettings(mtu: mtu, group: Names.group, rename: Names.hostLink(name))
    return [Step(.host, .setLink(Names.userspace(name), settings))]
  }

  /// Of a tunnel that has its keys and peers. Repeatable; it cannot send before its packets have their rule.
  public func linkSteps(_ identity: Identity) -> [Step] {
    let link = Names.hostLink(name)
    var steps = identity.tunnelRules.map { Step(.host, .addRule($0)) }
    steps += [
      Step(.host, .setLink(link, LinkSettings(mtu: mtu, alias: identity.alias, group: Names.group, vrf: profile.vrf))),
      Step(.host, .setLink(link, .up)),
    ]
    // WireGuard's links have no link-local address, which routing daemons and multicast need; only once it is up it stays as it is set. With a
    // smaller MTU the kernel has no IPv6 on it.
    if mtu >= 1280 { steps.append(Step(.host, .sysctl("net/ipv6/conf/\(link)/addr_gen_mode", "0"))) }
    steps += addresses.map { Step(.host, .addAddress(Address($0, on: link))) }
    return steps + hostRoutes.map { Step(.host, .addRoute($0)) }
  }

  /// With a number in `Table`: what the peers take. Otherwise only the addresses' networks, which the kernel adds.
  public var hostRoutes: [Route] {
    guard case .number(let table) = profile.table else { return [] }
    return Prefix.once(device.peers.flatMap { $0.allowedIPs }.map { $0.network })
      .map { Route($0, .link(Names.hostLink(name)), table: table) }
  }
}

extension Identity {
  /// Takes all of it away; each step may find its object gone already.
  /// - Parameter keepsRules: another tunnel of the host has the same mark.
  public func stepsWithoutBox(keepsRules: Bool) -> [Step] {
    [Step(.host, .deleteLink(Names.hostLink(name)))] + (keepsRules ? [] : tunnelRules.map { Step(.host, .deleteRule($0)) })
  }
}
