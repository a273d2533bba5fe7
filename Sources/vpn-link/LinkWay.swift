internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

// Profiles whose way out is another link of the host: `Link =`.

extension Session {
  /// The link that is a profile's way out; `nil` where it has a tunnel, or there is no such link.
  mutating func linkBelow(_ profile: Profile) throws(Failure) -> LinkState? {
    guard let name = profile.link else { return nil }
    return try attempting("look for the link \(name)") { () throws(SystemError) in try host.route.link(name) }
  }

  /// Why nothing can leave by it now, as a sentence; `nil` where it can, or there is a tunnel.
  mutating func linkLoss(_ name: VPNName, _ profile: Profile) throws(Failure) -> String? {
    guard let link = profile.link else { return nil }
    guard let found = try linkBelow(profile) else {
      return "there is no link '\(link)', by which \(name) goes: all that should go there is refused; `ip link` lists those that there are"
    }
    if !found.isUp { return "\(link), by which \(name) goes, is down: all that should go there is refused; `sudo ip link set \(link) up`" }
    return found.isRunning ? nil : "\(link), by which \(name) goes, has no carrier: all that should go there is refused"
  }

  /// What the kernel would refuse without saying why, before anything is made.
  mutating func refuseLink(_ name: VPNName, _ profile: Profile) throws(Failure) {
    guard let link = profile.link else { return }
    let loss = try linkLoss(name, profile)
    // One without a carrier may get it.
    guard let found = try linkBelow(profile), found.isUp else { throw Failure(loss ?? "") }
    let all = try attempting("look at the host's links") { () throws(SystemError) in try host.route.links() }
    if let master = found.master, let above = all.first(where: { $0.index == master }), above.vrfTable == nil {
      throw Failure("\(link) is a port of \(above.name), which has its packets: `sudo vpn edit \(name) Link=\(above.name)`")
    }
    if found.mac == Pair.hostEnd.bytes || found.isHostTunnel { throw Failure("\(link) is the link of a VPN: write another as Link") }
    if !profile.linkAddresses.isEmpty {
      guard found.mac.count == 6, found.asksForNeighbours else {
        throw Failure("\(link) has no link-layer addresses, so \(name) cannot have one of its own there: leave Address out, for Relay")
      }
      // Drivers of cfg80211 have the first, older ones the second.
      if Files.exists("/sys/class/net/\(link)/phy80211") || Files.exists("/sys/class/net/\(link)/wireless") {
        throw Failure(
          "\(link) is a Wi-Fi, whose access point takes one link-layer address only: \(name) can have no Address there, only Relay")
      }
    }
    let own = try attempting("look at the addresses of \(link)") { () throws(SystemError) in try host.route.addresses(ofLink: found.index) }
    if let taken = profile.linkAddresses.first(where: { address in own.contains { $0.address == address.address } }) {
      throw Failure("Address \(taken.address) of \(name) is this machine's own on \(link): write another that is free there")
    }
    guard !profile.relayed.isEmpty else { return }
    for gateway in profile.gateways where !gateway.isLinkLocal && !own.contains(where: { $0.contains(gateway) }) {
      guard profile.relayed.contains(where: { $0.family == gateway.family }) else { continue }
      throw Failure(
        "Gateway \(gateway) is in no network of \(link), so nothing can be relayed there: `ip address show \(link)` shows what it has")
    }
  }

  /// Its link-layer address on the wire: made of that of the link below, so that it is the same each time, and no other's.
  mutating func takeLink(_ vpn: inout VPN) throws(Failure) {
    guard let mac = try linkBelow(vpn.profile)?.mac, mac.count == 6 else { return }
    vpn.linkMAC = MACAddress(mac[0] & 0xfc | 0x02, mac[1] ^ 0x76, mac[2] ^ vpn.id, mac[3], mac[4], mac[5])
  }

  /// The box's end of it, which is up when it has its addresses and routes.
  mutating func makeLink(_ vpn: VPN, in box: inout Box) throws(Failure) {
    var vpn = vpn
    try refuseLink(vpn.name, vpn.profile)
    try takeLink(&vpn)
    do throws(StepFailure) { try Applier.apply([vpn.tunnel], to: &host, &box.sockets) } catch {
      let missing = error.cause.isUnsupported ? " (the kernel has no macvlan: `sudo modprobe macvlan`)" : ""
      throw Failure("cannot make the way by \(vpn.profile.link ?? ""): \(error.sentence(box.shell))\(missing)")
    }
    display([vpn.tunnel], box.shell)
    try runInside(vpn.linkSettings, &box)
  }

  /// Sysctls are of the namespace in which the thread is.
  private mutating func runInside(_ steps: [Step], _ box: inout Box) throws(Failure) {
    display(steps, box.shell)
    var failure: StepFailure?
    let namespace = try attempting("enter the box") { () throws(SystemError) in try box.sockets.namespace.copy() }
    try attempting("enter the box") { () throws(SystemError) in
      try namespace.inside(from: host.namespace) { () throws(SystemError) in
        do throws(StepFailure) { try Applier.apply(steps, to: &box.sockets) } catch { failure = error }
      }
    }
    if let failure { throw Failure(failure.sentence(box.shell)) }
  }

  /// Of the table by which it relays, what the kernel has of ours there.
  mutating func linkRoutes(_ identity: Identity) throws(Failure) -> [RouteState] {
    guard identity.memory[.isByLink] else { return [] }
    return try attempting("look at table \(identity.underlay)") { () throws(SystemError) in
      try host.route.routes(inTable: identity.underlay).filter { $0.isOurs }
    }
  }

  /// What takes those away. Other routes to everything there are ours, too, and go by themselves.
  mutating func linkRemoval(_ identity: Identity) throws(Failure) -> [Step] {
    var steps: [Step] = []
    for route in try linkRoutes(identity) {
      guard let index = route.link, let link = try? host.route.link(index: index) else { continue }
      // With a next hop its scope is the universe's: the kernel compares that.
      let target = Route.Target.gateway(route.gateway ?? Pair.gateway(route.destination.family), link: link.name, isOnLink: false)
      steps.append(Step(.host, .deleteRoute(Route(route.destination, target, table: identity.underlay))))
    }
    return steps
  }

  /// The box's end, which is there and may be down, gets the settings that it needs before it is up.
  mutating func settleLink(_ vpn: VPN, in box: inout Box) throws(Failure) {
    if vpn.isByLink { try runInside(vpn.linkSettings, &box) }
  }

  /// What the box's end has of addresses and next hops counts more than what the profile says by now.
  mutating func takeMadeLink(_ vpn: inout VPN, _ box: inout Box) throws(Failure) {
    guard vpn.isByLink else { return }
    var own: [Prefix] = []
    var hops: [IPAddress] = []
    try attempting("look at the box of \(box.name)") { () throws(SystemError) in
      guard let end = try box.sockets.route.link(Names.tunnel) else { return }
      own = try box.sockets.route.addresses(ofLink: end.index)
      hops = try box.sockets.route.routes(inTable: Tables.main).filter { $0.link == end.index && $0.isOurs }.compactMap { $0.gateway }
    }
    vpn.profile.linkAddresses = own + vpn.profile.linkAddresses.filter { other in !own.contains { $0.family == other.family } }
    vpn.profile.gateways = hops + vpn.profile.gateways.filter { other in !hops.contains { $0.family == other.family } }
  }

  /// The key of the profile that says another way than that which the box has.
  /// - Returns: `nil` if all is the same, or it goes by a tunnel.
  mutating func otherLink(_ profile: Profile, _ box: inout Box) throws(Failure) -> String? {
    if profile.link == nil { return nil }
    let below = try linkBelow(profile)
    return try attempting("look at the box of \(box.name)") { () throws(SystemError) -> String? in
      guard let end = try box.sockets.route.link(Names.tunnel), let below else { return nil }
      if end.kind != "macvlan" || end.peer != below.index { return "Link" }
      let main = try box.sockets.route.routes(inTable: Tables.main)
      let hops = main.filter { $0.link == end.index && $0.isOurs }.compactMap { $0.gateway }
      if !hops.allSatisfy({ profile.gateways.contains($0) }) { return "Gateway" }
      let own = try box.sockets.route.addresses(ofLink: end.index)
      return own.allSatisfy { profile.linkAddresses.contains($0) } && own.count == profile.linkAddresses.count ? nil : "Address"
    }
  }

  /// Of routes by another link those that the kernel takes now. Without them it is refused.
  mutating func takable(_ routes: [Route], _ state: HostState) throws(Failure) -> [Route] {
    var usable: [Route] = []
    for route in routes {
      guard case .gateway(let gateway, let name, _) = route.target, let link = state.links.first(where: { $0.name == name }), link.isUp
      else {
        continue
      }
      let own = try attempting("look at the addresses of \(name)") { () throws(SystemError) in try host.route.addresses(ofLink: link.index)
      }
      if gateway.isLinkLocal || own.contains(where: { $0.contains(gateway) }) { usable.append(route) }
    }
    return usable
  }
}
