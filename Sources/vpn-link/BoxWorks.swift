internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

// Building a VPN's box and what the host has of it, and taking both away.

extension Session {
  /// Builds a VPN's box, if there is none, and gives the host its identity.
  /// - Precondition: the profile is locked, and the caller is allowed.
  /// - Returns: whether VPNs that are up must learn of its mark, to let the tunnel's packets pass: `carryAgain`.
  mutating func establish(_ name: VPNName) throws(Failure) -> Bool {
    let profile = try numbered(name)
    let id = try profile.id(of: name)
    try refuseConflicts(name, profile, id)
    try requireOuter(of: name, profile)

    let isPinned = try Box.exists(name)
    if let link = try hostLink(name), link.isHostTunnel {
      throw Failure("Box of \(name) cannot change while it is linked: `vpn unlink \(name)`, then `vpn link \(name)`")
    }
    if !isPinned, try hostLinkStays(name) {
      throw Failure(
        "\(name) has its link but no box at \(Names.pin(name)): either this is a sandbox with another view of /run/netns, or `vpn unlink \(name)` fixes it"
      )
    }
    if var box = try box(name) {
      // A link that was interrupted is completed; one that is complete stays as it is, and what it has lost comes back.
      if let identity = try repair(name, profile, &box).identity {
        try complete(identity, profile, relayed: relayedNow(identity, profile, &box))
      }
      return false
    }
    return try build(name, id, try profile.withKeys())
  }

  /// The kernel takes some milliseconds to remove the namespace, and with it the link, of one who was killed while building it.
  private mutating func hostLinkStays(_ name: VPNName) throws(Failure) -> Bool {
    for _ in 0..<100 {
      guard try hostLink(name) != nil else { return false }
      Process.sleep(milliseconds: 10)
      forgetState()
    }
    return true
  }

  private mutating func build(_ name: VPNName, _ id: UInt8, _ profile: Profile) throws(Failure) -> Bool {
    var vpn = VPN(name: name, id: id, profile: profile, peers: try resolve(profile))
    vpn.permission = try Caller.permission(name, profile)
    var identity = vpn.identity(underlay: try underlayTable(profile))
    try refuseForeign(identity, profile)
    try refuseLink(name, profile)
    try requireWireGuard(name, profile)
    if profile.mtu == nil { vpn.mtu = pathMTU(to: vpn.device.peers.compactMap { $0.endpoint }, vpn) }
    // Rules may be left from a box that was unpinned by hand.
    try buildBox(vpn, identity.tunnelRules)
    var state = try self.state()
    if state.hasVRF(identity.underlay), HostSetting.unboundInVRF.isOff {
      identity.memory[.changedUnboundInVRF] = true
    }
    identity.remembersMarks = state.hasStrictReversePath
    try identity.use(profile)
    let holder = try holder(of: profile.addresses, besides: name, state)
    if holder != nil { identity = identity.forCommandsOnly }
    // What is relayed is refused until the rest is there.
    let steps = try relaySteps(identity, profile.relayed, &state) + state.sharedSteps(with: identity) + identity.steps
    do throws(Failure) { try run(steps, tolerating: .existing) } catch {
      try? quietly { session throws(Failure) in try session.remove(name, isForced: true) }
      throw error
    }
    if profile.isPartOnly {
      say("this kernel has no IPv6: \(name) has its IPv4 address only\n", to: 1)
    } else if host.hasSwitchedOnIPv6 {
      say("IPv6 is switched off on this machine (disable_ipv6): it is on for the link \(name), and nowhere else\n", to: 1)
    }
    if identity.memory[.changedUnboundInVRF] {
      try run([HostSetting.unboundInVRF.turnedOn])
      say("vpn: net.ipv4.udp_l3mdev_accept is 1 now, or answers from the VRF would not reach the tunnel; `vpn unlink` puts it back\n")
    }
    record(.link, of: name)
    if let holder { say(holder.note(name) + "\n", to: 1) }
    for sentence in try relayObstacles(profile.relayed, of: name, by: profile.link, try self.state()) {
      say("vpn: \(name) relays not all: \(sentence)\n")
    }
    return !VPN.isUsual(vpn.device.fwmark)
  }

  /// The host has of a linked VPN what it should; what is so already stays. One that is for commands only, or whose link has no alias yet to
  /// say so, gets its addresses if no other link has them.
  /// - Parameters:
  ///   - relayed: networks that the box sends back to the host.
  ///   - before: and did so until now.
  mutating func complete(_ found: Identity, _ profile: Profile, relayed: [Prefix], before: [Prefix] = []) throws(Failure) {
    var identity = found
    let isUndecided = try hostLink(found.name)?.alias == nil
    if isUndecided || found.memory[.isForCommandsOnly] {
      if let holder = try holder(of: profile.addresses, besides: found.name, self.state()) {
        identity = found.forCommandsOnly
        say(holder.note(found.name) + "\n", to: 1)
      } else {
        identity.memory[.isForCommandsOnly] = false
        identity.addresses = profile.addresses
        if !isUndecided { say("\(found.name) has its address on this machine now\n", to: 1) }
      }
    }
    var state = try self.state()
    identity.remembersMarks = state.hasStrictReversePath
    let steps = try relaySteps(identity, relayed, before: before, &state) + state.sharedSteps(with: identity) + identity.steps
    try quietly { session throws(Failure) in
      try session.run(steps, tolerating: .existing)
      // The new ones are there. That of a system which is up goes when its successor has come: `carry`.
      if !identity.memory[.isUp] { try session.removeOldTables(found.name, alsoLinked: true) }
    }
  }

  /// Builds in a namespace that no other process knows; when this process dies before the pin, the kernel removes all of it. That takes it some
  /// milliseconds, so that after a failure the one part which is visible on the host is removed here.
  private mutating func buildBox(_ vpn: VPN, _ rules: [Rule]) throws(Failure) {
    display("ip netns add \(Names.namespace(vpn.name))")
    do throws(Failure) {
      var box = try Box.make(vpn.name, from: host) { box throws(StepFailure) in
        try Applier.apply(VPN.boxSettings, to: &box.sockets)
        // Without the module there is nothing to switch off.
        _ = try? Capabilities.raise(.netAdmin) { () throws(SystemError) in
          for family in ["ip", "ip6"] { try Sysctl.write("0", to: "net/bridge/bridge-nf-call-\(family)tables") }
        }
      }
      display(VPN.boxSettings, box.shell)
      try makeTunnel(vpn, in: &box)
      // They are shown with the host's other steps.
      try quietly { session throws(Failure) in
        try session.run(rules.map { Step(.host, .addRule($0)) }, tolerating: .existing)
      }
      try run(vpn.boxSteps, in: &box)
      if box.sockets.hasNoShares {
        say("this kernel cannot count connections (nft_connlimit): one command in \(vpn.name) could keep others from a server\n", to: 1)
      }
      try Pin.add(box)
    } catch {
      let made = [Step(.host, .deleteLink(Names.hostLink(vpn.name)))] + rules.map { Step(.host, .deleteRule($0)) }
      for step in made { try? Applier.apply([step], to: &host) }
      throw error
    }
  }

  /// Removes a VPN's box and the host's identity, and takes the system out of it before. Commands that run in it are a reason not to, unless
  /// forced: they stay alive without a network.
  mutating func remove(_ name: VPNName, isForced: Bool) throws(Failure) {
    if try isWithoutBox(name) {
      try removeHostTunnel(name)
      return try removeUserspace(name)
    }
    if var box = try box(name) {
      guard try box.isOurs() else { throw Failure("\(Names.pin(name)) is no box of ours: it stays") }
      // Otherwise a command that starts after the look, and before the removal, would be cut off.
      if !isForced || !Process.isRoot {
        let door = try close(&box)
        do throws(Failure) { try refuseUse(try livingCommands(in: &box), of: name, isForced: isForced) } catch {
          try setDoor(door, of: &box)
          throw error
        }
      }
      try run(try letGo(name, hasBox: true), in: &box, tolerating: .missing)
      try removeOldTables(name, alsoLinked: true)
      display("ip netns del \(Names.namespace(name))")
      try Pin.remove(name, isOurs: true)
      record(.unlink, of: name)
    } else {
      try quietly { session throws(Failure) in
        try session.run(try session.letGo(name, hasBox: false), tolerating: .missing)
        try session.removeOldTables(name, alsoLinked: true)
      }
      try Pin.remove(name, isOurs: false)
    }
    try removeUserspace(name)
  }

  /// A device that no box has got, because who was to take it was killed, goes as well.
  private mutating func removeUserspace(_ name: VPNName) throws(Failure) {
    let device = Names.userspace(name)
    let found = try attempting("look for \(device)") { () throws(SystemError) in try host.route.link(device) }
    if found?.kind == "tun" { try run([Step(.host, .deleteLink(device))], tolerating: .missing) }
    awaitUserspaceEnd(name)
  }

  /// No command is let in any more: a launch looks at the door when its port is there, and a port that is there before is seen.
  /// - Returns: how it was.
  private mutating func close(_ box: inout Box) throws(Failure) -> Door {
    let alias = try attempting("look at the box") { () throws(SystemError) in try box.sockets.route.link("lo")?.alias }
    // One that was killed may have left it closed.
    var open = Door(alias: alias)
    open.closer = nil
    var closed = open
    closed.closer = UInt32(Process.id)
    try setDoor(closed, of: &box)
    return open
  }

  private mutating func setDoor(_ door: Door, of box: inout Box) throws(Failure) {
    let step = Step(.box, .setLink("lo", LinkSettings(alias: door.alias)))
    do throws(StepFailure) { try Applier.apply([step], to: &box.sockets) } catch { throw Failure(error.sentence(box.shell)) }
  }

  /// Takes the system out of a VPN.
  /// - Returns: what takes its box and the host's identity away.
  private mutating func letGo(_ name: VPNName, hasBox: Bool) throws(Failure) -> [Step] {
    guard let identity = try identity(name, profiles.usable(name)) else { return [] }
    var state = try self.state()
    let relayed = try relayed(identity, state)
    try leave(identity, &state)
    if identity.memory[.changedUnboundInVRF] { try run([HostSetting.unboundInVRF.putBack(by: identity, &state)]) }
    let steps = hasBox ? identity.removalSteps : identity.removalStepsWithoutBox
    return try steps + state.sharedSteps(without: identity) + relaySteps(identity, [], before: relayed, &state)
  }

  private func refuseUse(_ commands: [Occupant], of name: VPNName, isForced: Bool) throws(Failure) {
    if isForced {
      guard !Process.isRoot, commands.contains(where: { $0.uid != Process.userID }) else { return }
      throw Failure("commands of other users run in \(name): only root may cut them off")
    }
    guard let first = commands.first else { return }
    let others = commands.count > 1 ? " and \(commands.count - 1) more" : ""
    let them = others.isEmpty ? "it" : "them"
    throw Failure(
      "\(name) is in use by \(first)\(others): close \(them) first, or cut \(them) off with `vpn unlink --force \(name)`")
  }

  /// A userspace WireGuard ends by itself when its device goes, and takes its socket along, at most a second later. One that was killed has
  /// left it behind.
  private func awaitUserspaceEnd(_ name: VPNName) {
    let socket = WireGuardUAPI.path(Names.userspace(name))
    for attempt in 0..<100 where Files.exists(socket) {
      do throws(SystemError) {
        try Capabilities.raise(.dacOverride) { () throws(SystemError) in
          do throws(SystemError) { _ = try WireGuardUAPI(Names.userspace(name)) } catch {
            guard error.isRefused else { throw error }
            try Files.remove(socket)
          }
        }
      } catch { return }
      Process.sleep(milliseconds: min(1 + attempt, 10))
    }
  }
}
