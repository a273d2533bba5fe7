internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// A VPN's router: sockets in its namespace. This thread stays on the host.
struct Box: ~Copyable {
  let name: VPNName
  var sockets: Sockets

  /// How it is called in lines for an administrator.
  var shell: Shell { Shell(box: Names.namespace(name), command: "COMMAND") }

  /// Whether there is one; a plain file in its place is none.
  static func exists(_ name: VPNName) throws(Failure) -> Bool { try pinned(name) != nil }

  private static func pinned(_ name: VPNName) throws(Failure) -> NetworkNamespace? {
    do throws(SystemError) { return try NetworkNamespace.pinned(at: Names.pin(name)) } catch {
      if error.isMissingFile || error.isInvalid || error.isDenied { return nil }
      throw Failure("cannot look at \(Names.pin(name)): \(error)")
    }
  }

  /// - Returns: `nil` if there is none.
  static func open(_ name: VPNName, from host: borrowing Sockets) throws(Failure) -> Box? {
    guard let namespace = try pinned(name) else { return nil }
    let families = host.families
    let sockets = try attempting("enter the box of \(name)") { () throws(SystemError) in
      try namespace.inside(from: host.namespace) { () throws(SystemError) in
        try Sockets(.box, [.filters, .wireGuard], families, in: try namespace.copy())
      }
    }
    return Box(name: name, sockets: sockets)
  }

  /// An empty one, which no other process knows yet.
  /// - Parameter prepare: what is done by this thread while it is inside.
  static func make(
    _ name: VPNName, from host: borrowing Sockets, _ prepare: (inout Box) throws(StepFailure) -> Void
  ) throws(Failure) -> Box {
    var failure: StepFailure?
    let families = host.families
    let box = try attempting("make a network namespace") { () throws(SystemError) in
      try host.namespace.insideNew { () throws(SystemError) -> Box in
        var box = Box(name: name, sockets: try Sockets(.box, [.filters, .wireGuard], families))
        do throws(StepFailure) { try prepare(&box) } catch { failure = error }
        return box
      }
    }
    if let failure { throw Failure(failure.sentence(box.shell)) }
    return box
  }

  /// Whether it has the bridge that every box of ours has: another namespace may be pinned under its name.
  mutating func isOurs() throws(Failure) -> Bool {
    let name = name
    let bridge = try attempting("look at the box") { () throws(SystemError) in try sockets.route.link(Names.bridge(name)) }
    return bridge != nil
  }

  /// All but the ports, of which there may be hundreds.
  private static func ownLinks(_ name: VPNName, _ route: inout NetlinkSocket) throws(SystemError) -> [LinkState] {
    var links: [LinkState] = []
    let names: [ByteString] = ["lo", Names.bridge(name), Names.uplink, Names.tunnel]
    for name in names {
      if let link = try route.link(name) { links.append(link) }
    }
    return links
  }

  // MARK: What it was made with

  /// Read once: what both its record and its content say.
  private struct Parts {
    var links: [LinkState]
    /// In the table main, and in the table default.
    var main: [RouteState], own: [RouteState]
  }

  private mutating func parts() throws(SystemError) -> Parts {
    let links = try Self.ownLinks(name, &sockets.route)
    return Parts(links: links, main: try sockets.route.routes(inTable: Tables.main), own: try sockets.route.routes(inTable: Tables.default))
  }

  mutating func made() throws(Failure) -> BoxRecord {
    let name = name
    return try attempting("look at the box of \(name)") { () throws(SystemError) in try record(parts()) }
  }

  /// What of it other programs can delete.
  mutating func content() throws(Failure) -> BoxContent {
    let name = name
    return try attempting("look at the box of \(name)") { () throws(SystemError) in try content(parts()) }
  }

  /// Both.
  mutating func madeAndContent() throws(Failure) -> (made: BoxRecord, content: BoxContent) {
    let name = name
    return try attempting("look at the box of \(name)") { () throws(SystemError) in
      let parts = try parts()
      return (try record(parts), try content(parts))
    }
  }

  private mutating func record(_ parts: Parts) throws(SystemError) -> BoxRecord {
    func found(_ name: ByteString) throws(SystemError) -> LinkState {
      guard let link = parts.links.first(where: { $0.name == name }) else { throw SystemError(missingLink: name.description) }
      return link
    }
    let (bridge, uplink) = (try found(Names.bridge(name)), try found(Names.uplink))
    let end = parts.links.first { $0.name == Names.tunnel }
    let (tunnel, isByLink) = (end?.index, end?.kind == "macvlan")
    let comment = try sockets.comment(ofTable: Names.table)
    return BoxRecord(
      addresses: parts.own.filter { $0.link == uplink.index }.map { $0.destination },
      gateways: try sockets.route.addresses(ofLink: bridge.index),
      // On a wire there are also the kernel's own.
      routed: parts.main.filter { $0.link == tunnel && tunnel != nil && ($0.isOurs || !isByLink) }.map { $0.destination },
      // Those of the pair itself are the kernel's.
      relayed: parts.main.filter { $0.link == uplink.index && $0.isOurs && $0.gateway != nil }.map { $0.destination },
      translatesRelayed: Openings.translatesRelayed(comment),
      resolvers: CommandResolvers(bridge: bridge.alias, uplink: uplink.alias), inbound: Openings.words(in: comment),
      permission: Door(alias: try found("lo").alias).permission)
  }

  private mutating func content(_ parts: Parts) throws(SystemError) -> BoxContent {
    func ways(_ routes: [RouteState], _ table: UInt32) -> [BoxContent.Way] {
      routes.compactMap { route in
        parts.links.first { $0.index == route.link }.map { BoxContent.Way(route.destination.network, by: $0.name, table: table) }
      }
    }
    let local = try sockets.route.localRoutes()
    let rules = try sockets.route.rules(sockets.families).filter { $0.isPlain }.map { $0.rule }
    return BoxContent(
      ways: ways(local, Tables.local) + ways(parts.main, Tables.main) + ways(parts.own, Tables.default), rules: rules,
      linksUp: parts.links.filter { $0.isUp }.map { $0.name })
  }

  mutating func resolvers() throws(Failure) -> CommandResolvers {
    let name = name
    return try attempting("look at the box of \(name)") { () throws(SystemError) in
      CommandResolvers(
        bridge: try sockets.route.link(Names.bridge(name))?.alias, uplink: try sockets.route.link(Names.uplink)?.alias)
    }
  }

  // MARK: Commands

  /// In the order of their addresses.
  mutating func commands() throws(SystemError) -> [CommandInside] {
    guard let bridge = try sockets.route.link(Names.bridge(name)), let subnet = try sockets.route.addresses(ofLink: bridge.index).first
    else { return [] }
    let ports = try sockets.route.links(master: bridge.index, counting: true)
    let routes = ports.isEmpty ? [] : try sockets.route.routes(inTable: Tables.main)
    return ports.compactMap { CommandInside(port: $0, subnet: subnet, routes: routes) }
      .sorted { $0.address.bytes.lexicographicallyPrecedes($1.address.bytes) }
  }

  /// The kernel takes a port away some milliseconds after the last process of its namespace, more if many end at once, and does not tell
  /// when it has begun to. So what belongs to a process that is gone is given a second to go, too; what then remains is in use by its children.
  fileprivate mutating func livingCommands() throws(Failure) -> [Occupant] {
    for attempt in 0...100 {
      let commands = try attempting("list the commands") { () throws(SystemError) -> [CommandInside] in try self.commands() }
      let isSettled = commands.isEmpty || commands.contains { !$0.occupant.isStarting && Process.isAlive(Int32(clamping: $0.occupant.pid)) }
      if isSettled || attempt == 100 { return commands.map { $0.occupant } }
      Process.sleep(milliseconds: 10)
    }
    return []
  }
}

extension Session {
  /// - Returns: `nil` if there is none.
  func box(_ name: VPNName) throws(Failure) -> Box? { try Box.open(name, from: host) }

  /// Those who run in a box. It may have waited for one to end: what was seen of the host before is forgotten.
  mutating func livingCommands(in box: inout Box) throws(Failure) -> [Occupant] {
    forgetState()
    return try box.livingCommands()
  }

  /// Steps in a box, or on the host as well.
  mutating func run(_ steps: [Step], in box: inout Box, tolerating tolerance: Tolerance = .none) throws(Failure) {
    display(steps, box.shell)
    do throws(StepFailure) { try Applier.apply(steps, to: &host, &box.sockets, tolerating: tolerance) } catch {
      throw Failure(error.sentence(box.shell))
    }
  }
}

extension Failure {
  /// What the program that has started this one is to do before it asks again.
  init(asking status: HelperStatus) { self.init("", status: status.rawValue) }

  /// Asked before anything of the system was changed.
  var isQuestion: Bool { HelperStatus(rawValue: status) != nil }
}

extension BoxRecord {
  /// A VPN's identity, with the addresses that the box has for it.
  func identity(_ found: Identity) -> Identity {
    var identity = found
    identity.addresses = addresses
    return identity
  }
}

extension VPN {
  /// Queries go where the box sends them, whatever the profile says now.
  mutating func use(_ resolvers: CommandResolvers) {
    profile.dns = resolvers.servers
  }
}
