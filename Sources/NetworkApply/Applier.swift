internal import CLinux
public import KernelNetwork
public import LinuxSystem
public import Netlink
public import NetworkModel
public import NetworkPlan
internal import Privilege

/// The sockets and the namespaces that steps need: one of each for every place. A socket stays with the namespace in which it was opened.
public struct Sockets: ~Copyable {
  public var route: NetlinkSocket
  private var filter: NetlinkSocket?
  /// The socket by which a table was deleted.
  private(set) var deleter: Int32?
  /// Links by name: an address or a route wants the number.
  private var indices: [(name: String, index: Int32)] = []

  /// In the namespace where this thread is.
  public init() throws(SystemError) {
    route = try Capabilities.raise(.netAdmin) { () throws(SystemError) in try NetlinkSocket(.route) }
  }

  public mutating func index(of name: String) throws(SystemError) -> Int32 {
    if let known = indices.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) { return known.index }
    guard let link = try route.link(name) else { throw SystemError("link \(name)", errno: ENODEV) }
    indices.append((name, link.index))
    return link.index
  }

  /// nftables wants a socket of another family, which also must be opened in the right namespace.
  mutating func filterTransaction(_ requests: [Request]) throws(SystemError) {
    if filter == nil { filter = try NetlinkSocket(.netfilter) }
    try filter!.performBatch(requests)
  }

  mutating func deleteTable(_ requests: [Request]) throws(SystemError) {
    try filterTransaction(requests)
    deleter = filter?.raw
  }

  /// Whether there is an nftables table of family inet and that name.
  public mutating func hasTable(_ name: String) throws(SystemError) -> Bool {
    try Capabilities.raise(.netAdmin) { () throws(SystemError) in
      if filter == nil { filter = try NetlinkSocket(.netfilter) }
      return try filter!.hasTable(name)
    }
  }

  mutating func forget(_ name: String) { indices.removeAll { $0.name.utf8.elementsEqual(name.utf8) } }
}

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

  fileprivate func covers(_ error: SystemError) -> Bool {
    switch self {
    case .none: false
    case .existing: error.errno == EEXIST
    case .missing: [ENOENT, ENODEV, ESRCH, EADDRNOTAVAIL].contains(error.errno)
    }
  }
}

/// Runs steps on the kernel, one request at a time: a refused one must not be followed by the next. (Sending them together saves
/// 25 µs of a whole launch.) CAP_NET_ADMIN is raised around each list of steps.
public struct Applier: ~Copyable {
  public var namespaces = NamespaceDescriptors()
  public var host: Sockets?
  public var box: Sockets?
  public var command: Sockets?

  public init() {}

  public mutating func apply(_ steps: [Step], tolerating tolerance: Tolerance = .none) throws(StepFailure) {
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

  /// At the end: see `Process.closeInBackground`.
  public mutating func closeInBackground() {
    if let deleter = host?.deleter { Process.closeInBackground(deleter) }
  }

  private mutating func apply(_ step: Step) throws(SystemError) {
    switch step.place {
    case .host: try Self.apply(step.change, to: &host!, namespaces)
    case .box: try Self.apply(step.change, to: &box!, namespaces)
    case .command: try Self.apply(step.change, to: &command!, namespaces)
    }
  }

  private static func apply(_ change: Change, to s: inout Sockets, _ namespaces: NamespaceDescriptors) throws(SystemError) {
    switch change {
    case .addLink(let link): try s.route.perform(link.creation(in: namespaces))
    case .setLink(let name, let settings):
      let index = settings.rename == nil ? nil : try s.index(of: name)
      try s.route.perform(settings.request(for: name, index: index, in: namespaces))
    case .deleteLink(let name):
      s.forget(name)
      try s.route.perform(Link.deletion(of: name))
    case .deleteGroup(let group): try s.route.perform(Link.deletion(ofGroup: group))
    case .addAddress(let address): try s.route.perform(address.creation(index: try s.index(of: address.link)))
    case .setNeighbour(let neighbour): try s.route.perform(neighbour.creation(index: try s.index(of: neighbour.link)))
    case .addRoute(let route): try s.route.perform(route.creation(index: try s.index(of: route)))
    case .deleteRoute(let route): try s.route.perform(route.deletion(index: try s.index(of: route)))
    case .addRule(let rule): try s.route.perform(rule.creation)
    case .deleteRule(let rule): try s.route.perform(rule.deletion)
    case .addTable(let table): try s.filterTransaction(table.creation(replacing: false))
    case .replaceTable(let table):
      // Deleting costs an RCU grace period, so only what is there is deleted.
      do throws(SystemError) { try s.filterTransaction(table.creation(replacing: false)) } catch {
        guard error.errno == EEXIST else { throw error }
        try s.deleteTable(table.creation(replacing: true))
      }
    case .deleteTable(let name): try s.deleteTable(FilterTable.deletion(of: name))
    case .endSockets(let address):
      var sockets = try NetlinkSocket(.socketDiagnosis)
      try sockets.endSockets(boundTo: address)
    case .configure(let link, let device): try wireGuard { device.requests(for: link, family: $0) }
    case .reconfigure(let link, let device, let gone): try wireGuard { device.reconfiguration(for: link, family: $0, without: gone) }
    case .setEndpoints(let link, let device): try wireGuard { [device.whereabouts(for: link, family: $0)] }
    case .sysctl(let path, let value): try Sysctl.write(value, to: path)
    }
  }

  /// In the namespace where this thread is, which must be the device's.
  private static func wireGuard(_ requests: (UInt16) -> [Request]) throws(SystemError) {
    var generic = try NetlinkSocket(.generic)
    guard let family = try generic.genericFamily("wireguard") else { throw SystemError("wireguard", errno: EOPNOTSUPP) }
    for request in requests(family) { try generic.perform(request) }
  }
}

extension Sockets {
  fileprivate mutating func index(of route: Route) throws(SystemError) -> Int32? {
    guard let link = route.link else { return nil }
    return try index(of: link)
  }
}
