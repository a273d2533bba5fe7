internal import KernelNetwork
public import LinuxSystem
public import NetworkModel
public import NetworkPlan

extension BoxFacts {
  /// All that a command must know, asked of the box itself.
  /// - Returns: `nil` if a part of the box is gone or its tunnel is down.
  public static func read(_ name: VPNName, _ box: inout Sockets) throws(Failure) -> BoxFacts? {
    do throws(SystemError) {
      let bridgeName = Names.bridge(name)
      guard let bridge = try box.route.link(bridgeName), let uplink = try box.route.link(Names.uplink),
        let tunnel = try box.route.link(Names.tunnel), tunnel.isUp
      else { return nil }
      return BoxFacts(
        bridge: .init(bridgeName, index: bridge.index), mtu: tunnel.mtu, gateways: try box.route.addresses(ofLink: bridge.index),
        resolvers: CommandResolvers(bridge: bridge.alias, uplink: uplink.alias))
    } catch { throw Failure("cannot read the box of \(name): \(error)") }
  }

  /// What comes from the port's other end is answered from now on.
  public static func awaitPort(_ slot: UInt32, of name: VPNName, _ box: inout Sockets) throws(Failure) {
    do throws(SystemError) {
      try box.route.awaitCarrier(of: Names.port(slot))
      try box.route.awaitCarrier(of: Names.bridge(name))
    } catch { throw Failure("cannot look at the port \(Names.port(slot)) of \(name): \(error)") }
  }

  /// Creates the port. The first tries are spread by pid and in wide steps: addresses of commands that have just ended stay taken for some
  /// milliseconds, and those of commands that were started together lie side by side. After the first, what is taken is asked before. A
  /// list of all ports costs some 10 µs for each of them, and more where there are many, for the kernel looks up each one's namespace among
  /// all. It comes when none is left of the addresses that the user may have without being asked how many they have.
  /// - Parameter port: what creates it.
  public func takeSlot(
    of name: VPNName, _ box: inout Sockets, _ own: inout Sockets, _ port: (UInt32) -> Step
  ) throws(Failure) -> UInt32 {
    if gateways.isEmpty {
      throw Failure("\(name) has no Address, so no command can run in it: it is only for what it relays until Address is written")
    }
    guard slots >= 2 else { throw Failure("the box of \(name) has no addresses for commands") }
    let commands = slots - 1
    let ordinary = Fairness.ordinary(of: commands)
    let unasked = Process.isRoot ? commands : ordinary
    let first = UInt32(Process.id)
    for attempt in 0..<(unasked + 32) {
      let start = (first + 89 * attempt) % ordinary
      let slot: UInt32
      if attempt < unasked {
        slot = 2 + (attempt < ordinary ? start : attempt)
        if attempt > 0, box.route.hasLink(Names.port(slot)) { continue }
      } else {
        slot = 2 + (try findSlot(name, &box, from: start, commands: commands, ordinary: ordinary))
      }
      do throws(StepFailure) {
        try Applier.apply([port(slot)], to: &box, &own)
        return slot
      } catch {
        guard error.cause.isExisting else {
          throw Failure(
            "cannot take an address in \(name): \(error.sentence(Shell(box: Names.namespace(name), command: "COMMAND")))")
        }
      }
    }
    throw Failure("cannot take an address in \(name): lost the race for one 32 times")
  }

  /// Lets ports in to a command: creating the route **is** taking the port. One whose holder has just ended is free some milliseconds later.
  /// - Parameter isPublished: the host hands on to it, too.
  public func letIn(
    _ ports: [TransportPort], isPublished: Bool = false, _ slot: UInt32, of name: VPNName, _ box: inout Sockets
  ) throws(Failure) {
    let shell = Shell(box: Names.namespace(name), command: "COMMAND")
    var attempt = 0
    for step in entrances(ports, isPublished: isPublished, slot) {
      while true {
        var cause: StepFailure?
        do throws(StepFailure) { try Applier.apply([step], to: &box) } catch { cause = error }
        guard let cause else { break }
        guard cause.cause.isExisting, let destination = step.destination else {
          throw Failure("cannot let anything in to a command: \(cause.sentence(shell))")
        }
        let holder = try holder(of: destination, &box)
        if let holder, holder.slot == slot { break }
        attempt += 1
        guard attempt > 100 || holder?.occupant.hasEnded == false else {
          Process.sleep(milliseconds: 10)
          continue
        }
        let port = PortAddress.port(destination)?.description ?? "\(destination)"
        throw Failure("\(port) of \(name) is let in to \(holder?.occupant.description ?? "another command") already")
      }
    }
  }

  /// Of an attached namespace: what was let in before is no longer.
  public func shut(_ slot: UInt32, but ports: [TransportPort], _ box: inout Sockets) throws(Failure) {
    let port = Names.port(slot)
    let gone = try attempting("look what is let in") { () throws(SystemError) -> [Step] in
      let index = try box.index(of: port)
      return try box.route.routes(inTable: Tables.main).filter { route in
        route.link == index && PortAddress.port(route.destination).map { !ports.contains($0) } ?? false
      }.map { Step(.box, .deleteRoute(Route($0.destination, .link(port)))) }
    }
    do throws(StepFailure) { try Applier.apply(gone, to: &box, tolerating: .missing) } catch {
      throw Failure("cannot shut what was let in: \(error.sentence(Shell(box: "BOX", command: "COMMAND")))")
    }
  }

  /// What `Inbound` names is the host's, and no command's.
  public static func refuseHosts(_ ports: [TransportPort], of name: VPNName, _ box: inout Sockets) throws(Failure) {
    let words = try attempting("read the box of \(name)") { () throws(SystemError) in
      Openings.words(in: try box.comment(ofTable: Names.table))
    }
    for port in ports {
      guard let word = Openings.holder(of: port, in: words) else { continue }
      throw Failure("\(port) of \(name) is this machine's own: its profile has Inbound = \(word)")
    }
    let isByLink = try attempting("read the box of \(name)") { () throws(SystemError) in
      try box.route.link(Names.tunnel)?.kind == "macvlan"
    }
    if isByLink { throw Failure("\(name) is a link of this machine and no tunnel, by which nothing comes in to a command but answers") }
    try refuseOldBox(name, &box)
  }

  /// One that an older version has made has no way in for commands.
  public static func refuseOldBox(_ name: VPNName, _ box: inout Sockets) throws(Failure) {
    let isOld = try attempting("read the box of \(name)") { () throws(SystemError) in
      if try box.chains(ofTable: Names.table).contains(PortAddress.chain) { return false }
      // All that comes in by `Inbound = all` is the host's.
      let comment = try box.comment(ofTable: Names.table)
      return !Openings.words(in: comment).contains("all")
    }
    guard !isOld else { throw Failure("the box of \(name) lets nothing in: `vpn reload \(name)` fixes that") }
  }

  private func holder(of destination: Prefix, _ box: inout Sockets) throws(Failure) -> (slot: UInt32, occupant: Occupant)? {
    try attempting("look who has it") { () throws(SystemError) in
      guard let index = try box.route.routes(inTable: Tables.main).first(where: { $0.destination == destination })?.link,
        let port = try box.route.links(master: bridge.index).first(where: { $0.index == index }),
        let slot = Names.slot(ofPort: port.name), let occupant = Occupant(alias: port.alias, owner: port.queueLength)
      else { return nil }
      return (slot, occupant)
    }
  }

  /// - Returns: a free address' number, counted from the first one for commands; others may take it in the same moment.
  private func findSlot(
    _ name: VPNName, _ box: inout Sockets, from start: UInt32, commands: UInt32, ordinary: UInt32
  ) throws(Failure) -> UInt32 {
    let ports = try attempting("list the box's ports") { () throws(SystemError) in try box.route.links(master: bridge.index) }
    var isTaken = [Bool](repeating: false, count: Int(commands))
    for slot in ports.compactMap({ Names.slot(ofPort: $0.name) }) where (2..<2 + commands).contains(slot) { isTaken[Int(slot) - 2] = true }
    if let free = (0..<ordinary).lazy.map({ (start + $0) % ordinary }).first(where: { !isTaken[Int($0)] }) { return free }
    guard let last = (ordinary..<commands).first(where: { !isTaken[Int($0)] }) else {
      throw Failure("all \(commands) addresses of \(name) are in use: `vpn status \(name)` lists by whom")
    }
    guard Fairness.allowsLast(uid: Process.userID, owners: ports.map { Occupant(alias: $0.alias, owner: $0.queueLength)?.uid }) else {
      throw Failure(
        "the last \(commands - ordinary) addresses of \(name) are for users who have fewer than \(Fairness.few): end some commands")
    }
    return last
  }
}

extension Occupant {
  /// Of an attached namespace no process is known.
  fileprivate var hasEnded: Bool { !isAttached && !isStarting && !Process.isAlive(Int32(clamping: pid)) }
}

extension Step {
  fileprivate var destination: Prefix? { if case .addRoute(let route) = change { route.destination } else { nil } }
}
