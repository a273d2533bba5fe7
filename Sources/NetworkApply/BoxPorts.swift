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

  /// Creates the port. The first tries are spread by pid and in wide steps: addresses of commands that have just ended stay taken for some
  /// milliseconds, and those of commands that were started together lie side by side. A try costs 10 µs, a list of all ports about as much
  /// for each of them; so the list comes after as many tries, when few are left or none.
  /// - Parameter port: what creates it.
  public func takeSlot(
    of name: VPNName, _ box: inout Sockets, _ own: inout Sockets, _ port: (UInt32) -> Step
  ) throws(Failure) -> UInt32 {
    guard slots >= 2 else {
      throw Failure("\(name) has no Address, so no command can run in it: it is only for what it relays until Address is written")
    }
    let commands = slots - 1
    let ordinary = Fairness.ordinary(of: commands)
    for attempt in 0..<(ordinary + 32) {
      let start = (UInt32(Process.id) + 89 * attempt) % ordinary
      let slot =
        2 + (attempt < ordinary ? start : try findSlot(name, &box, from: start, commands: commands, ordinary: ordinary))
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
