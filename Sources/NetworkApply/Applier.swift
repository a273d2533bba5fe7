internal import CLinux
internal import KernelNetwork
public import LinuxSystem
internal import Netlink
public import NetworkModel
public import NetworkPlan
internal import Privilege

/// A step that failed: what an administrator would have typed, and what the kernel said.
public struct StepFailure: Error {
  public var step: Step
  public var cause: SystemError

  public func sentence(_ shell: Shell) -> String {
    SystemError("`\(step.commandLines(shell).first ?? "")`", errno: cause.errno, kernelSays: cause.kernelSays).description
  }
}

/// Objects that are there already, or gone already, count as success where it says so.
public enum Tolerance: Sendable {
  case none, existing, missing

  fileprivate func covers(_ error: SystemError) -> Bool { codes.contains(error.errno) }

  fileprivate var codes: [Int32] {
    switch self {
    case .none: []
    case .existing: [EEXIST]
    case .missing: [ENOENT, ENODEV, ESRCH, EADDRNOTAVAIL]
    }
  }
}

/// Runs steps on the kernel, one request at a time: a refused one must not be followed by the next. (Sending them together saves
/// 25 µs of a whole launch.) CAP_NET_ADMIN is raised around each list of steps.
public enum Applier {
  /// - Throws: the first step that failed; ENOTCONN for one that concerns another place.
  public static func apply(_ steps: [Step], to place: inout Sockets, tolerating tolerance: Tolerance = .none) throws(StepFailure) {
    let namespaces = NamespaceDescriptors(place)
    place.changes += 1
    try each(steps.within(place.families), tolerance) { step throws(SystemError) in
      guard step.place == place.place else { throw SystemError("no socket in that place", errno: ENOTCONN) }
      try place.apply(step.change, namespaces, tolerance)
    }
  }

  /// The same of steps that concern either place, or both, as a link with an end in each.
  public static func apply(
    _ steps: [Step], to one: inout Sockets, _ other: inout Sockets, tolerating tolerance: Tolerance = .none
  ) throws(StepFailure) {
    let namespaces = NamespaceDescriptors(one, other)
    // A link may have an end in each.
    one.changes += 1
    other.changes += 1
    try each(steps.within(one.families), tolerance) { step throws(SystemError) in
      if step.place == one.place {
        try one.apply(step.change, namespaces, tolerance)
      } else if step.place == other.place {
        try other.apply(step.change, namespaces, tolerance)
      } else {
        throw SystemError("no socket in that place", errno: ENOTCONN)
      }
    }
  }

  private static func each(
    _ steps: [Step], _ tolerance: Tolerance, _ apply: (Step) throws(SystemError) -> Void
  ) throws(StepFailure) {
    var failure: StepFailure?
    do throws(SystemError) {
      try Capabilities.raise(.netAdmin) { () throws(SystemError) in
        for step in steps where failure == nil {
          do throws(SystemError) { try apply(step) } catch {
            if !tolerance.covers(error) { failure = StepFailure(step: step, cause: error) }
          }
        }
      }
    } catch {
      if let first = steps.first { failure = StepFailure(step: first, cause: error) }
    }
    if let failure { throw failure }
  }
}

extension NamespaceDescriptors {
  fileprivate init(_ place: borrowing Sockets) {
    self.init()
    self[place.place] = place.namespace.descriptor.raw
  }

  fileprivate init(_ one: borrowing Sockets, _ other: borrowing Sockets) {
    self.init(one)
    self[other.place] = other.namespace.descriptor.raw
  }
}

extension Sockets {
  fileprivate mutating func apply(
    _ change: KernelChange, _ namespaces: NamespaceDescriptors, _ tolerance: Tolerance
  ) throws(SystemError) {
    switch change {
    case .addLink(let link): try add(link, namespaces)
    case .setLink(let name, let settings): try set(name, settings, namespaces)
    case .deleteLink(let name):
      forget(name)
      try route.perform(Link.deletion(of: name))
    case .deleteGroup(let group): try route.perform(Link.deletion(ofGroup: group))
    case .addAddress(let address): try add(address)
    case .setNeighbour(let neighbour): try route.perform(neighbour.creation(index: try index(of: neighbour.link)))
    case .deleteNeighbour(let neighbour): try route.perform(neighbour.deletion(index: try index(of: neighbour.link)))
    case .setForwarding(let mac, let port): try route.perform(mac.forwarding(byPort: try index(of: port)))
    case .setPortGuard(let guarded): try filterTransaction(guarded.setting)
    case .deletePortGuard(let guarded): try filterTransaction(guarded.deletion)
    case .addRoute(let added): try route.perform(added.creation(index: try index(of: added)))
    case .deleteRoute(let deleted): try route.perform(deleted.deletion(index: try index(of: deleted)))
    case .setRoutes(let routes): try set(routes, tolerance)
    case .deleteRoutes(let routes): try delete(routes, tolerance)
    case .addRule(let rule): try route.perform(rule.creation)
    case .deleteRule(let rule): try route.perform(rule.deletion)
    case .addTable(let table): try create(table, replacing: false)
    case .replaceTable(let table): try replace(table)
    case .deleteTable(let name): try deleteOwn(name)
    case .endSockets(let address): try endSockets(boundTo: address)
    case .configure(let link, let device): try wireGuard { device.requests(for: link, family: $0) }
    case .reconfigure(let link, let device, let gone): try wireGuard { device.reconfiguration(for: link, family: $0, without: gone) }
    case .setEndpoints(let link, let device): try wireGuard { device.whereabouts(for: link, family: $0) }
    case .sysctl(let path, let value): try Sysctl.write(value.description, to: path.description)
    }
  }

  private mutating func add(_ link: Link, _ namespaces: NamespaceDescriptors) throws(SystemError) {
    guard case .macvlan(let below) = link.kind else { return try route.perform(link.creation(in: namespaces)) }
    try route.perform(link.creation(in: namespaces, below: try index(of: below)))
  }

  private mutating func set(_ name: ByteString, _ settings: LinkSettings, _ namespaces: NamespaceDescriptors) throws(SystemError) {
    let index = settings.rename == nil && settings.group == nil ? nil : try index(of: name)
    var vrf: Int32?
    if let name = settings.vrf { vrf = try self.index(of: name) }
    try route.perform(settings.request(for: name, index: index, vrf: vrf, in: namespaces))
  }

  private mutating func set(_ routes: [Route], _ tolerance: Tolerance) throws(SystemError) {
    var requests: [Request] = []
    for route in routes { requests.append(route.replacement(index: try index(of: route))) }
    try route.performAll(requests, tolerating: tolerance.codes)
  }

  private mutating func delete(_ routes: [Route], _ tolerance: Tolerance) throws(SystemError) {
    var requests: [Request] = []
    for route in routes { requests.append(route.deletion(index: nil)) }
    try route.performAll(requests, tolerating: tolerance.codes)
  }

  /// Deleting costs an RCU grace period, so only what is there, and is not as it should be, is deleted.
  private mutating func replace(_ table: FilterTable) throws(SystemError) {
    // In a box all tables are ours.
    guard place != .box, table.comment != nil else {
      do throws(SystemError) { return try create(table, replacing: false) } catch {
        guard error.errno == EEXIST else { throw error }
        return try create(table, replacing: true)
      }
    }
    switch try ownerAmongSteps(ofTable: table.name) {
    case .noTable: try create(table, replacing: false)
    case .others: throw SystemError(foreignTable: table.name)
    case .vpnrun:
      guard let changed = try changedChains(of: table) else { return try create(table, replacing: true) }
      if !changed.isEmpty { try deletingTransaction(table.change(of: changed)) }
    }
  }

  private mutating func deleteOwn(_ table: ByteString) throws(SystemError) {
    guard try ownerAmongSteps(ofTable: table) == .vpnrun else { throw SystemError("table inet \(table)", errno: ENOENT) }
    try deletingTransaction(FilterTable.deletion(of: table))
  }

  private func endSockets(boundTo address: IPAddress) throws(SystemError) {
    var sockets = try NetlinkSocket(.socketDiagnosis)
    try sockets.endSockets(boundTo: address)
  }

  private mutating func index(of route: Route) throws(SystemError) -> Int32? {
    guard let link = route.link else { return nil }
    return try index(of: link)
  }
}

extension SystemError {
  /// No refusal that any tolerance covers.
  fileprivate init(foreignTable name: ByteString) {
    self.init("table inet \(name)", errno: EPERM, kernelSays: "table inet \(name) is another program's: it has no comment of vpnrun's")
  }
}
