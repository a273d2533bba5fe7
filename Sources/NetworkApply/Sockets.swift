internal import CLinux
internal import KernelNetwork
public import LinuxSystem
public import Netlink
public import NetworkModel
internal import NetworkPlan
public import Privilege

/// One place of the kernel's network: a namespace, and netlink sockets in it. A socket stays with the namespace in which it was opened, so
/// all that will be wanted are opened together, by a thread that is there, and the thread may go elsewhere. Only sysctls are the thread's:
/// a thread that applies one is in the place.
public struct Sockets: ~Copyable {
  public let place: Place
  public let namespace: NetworkNamespace
  /// What the kernel has of IPv4 and IPv6: steps of other families are left out.
  public var families: [IPFamily]
  /// Whether a link of ours had IPv6 switched off, as the host's setting for new links has it, and has it now.
  public private(set) var hasSwitchedOnIPv6 = false
  /// Whether a table had to do without counts of connections: the kernel lacks nft_connlimit.
  public private(set) var hasNoShares = false
  /// How often something was to be changed here: what was read before may be so no more.
  public internal(set) var changes = 0
  public var route: NetlinkSocket
  private var filter: NetlinkSocket?
  private var generic: NetlinkSocket?
  /// The socket by which a table was deleted, or rules.
  private var deleter: Int32?
  /// Links by name: an address or a route wants the number.
  private var indices: [(name: ByteString, index: Int32)] = []

  /// What is spoken besides rtnetlink, which is always.
  public struct Languages: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// nftables.
    public static let filters = Languages(rawValue: 1)
    public static let wireGuard = Languages(rawValue: 2)
  }

  /// In the namespace where this thread is.
  public init(_ place: Place, _ languages: Languages, _ families: [IPFamily] = IPFamily.allCases) throws(SystemError) {
    try self.init(place, languages, families, in: try NetworkNamespace.current())
  }

  /// The same where the namespace is at hand.
  public init(
    _ place: Place, _ languages: Languages, _ families: [IPFamily] = IPFamily.allCases, in namespace: consuming NetworkNamespace
  ) throws(SystemError) {
    // The kernel asks for the capability when a socket is opened as well as when it is used (netlink_ns_capable).
    var filter: NetlinkSocket?
    var generic: NetlinkSocket?
    let route = try Capabilities.raise(.netAdmin) { () throws(SystemError) in
      let route = try NetlinkSocket(.route)
      if languages.contains(.filters) { filter = try NetlinkSocket(.netfilter) }
      if languages.contains(.wireGuard) { generic = try NetlinkSocket(.generic) }
      return route
    }
    self.place = place
    self.families = families
    self.namespace = namespace
    self.route = route
    self.filter = filter
    self.generic = generic
  }

  public mutating func index(of name: ByteString) throws(SystemError) -> Int32 {
    if let known = indices.first(where: { $0.name == name }) { return known.index }
    guard let link = try route.link(name) else { throw SystemError(missingLink: name.description) }
    indices.append((name, link.index))
    return link.index
  }

  /// One of IPv6 needs the family on its link. Where the host switches it off for new links (`disable_ipv6`, by sysctl or at boot), it is
  /// switched on for this one, which is ours; in a command's own namespace for all. Links of the host's keep their setting. (A box has
  /// it on from the start: `VPN.boxSettings`.)
  mutating func add(_ address: Address) throws(SystemError) {
    let request = address.creation(index: try index(of: address.link))
    do throws(SystemError) { try route.perform(request) } catch {
      guard error.errno == EACCES, address.prefix.family == .v6, place != .box else { throw error }
      let link = place == .command ? "all" : address.link.description
      do throws(SystemError) { try Sysctl.write("0", to: "net/ipv6/conf/\(link)/disable_ipv6") } catch _ { throw error }
      hasSwitchedOnIPv6 = true
      try route.perform(request)
    }
  }

  mutating func forget(_ name: ByteString) { indices.removeAll { $0.name == name } }

  mutating func filterTransaction(_ requests: [Request]) throws(SystemError) {
    guard filter != nil else { throw SystemError("no nftables socket", errno: ENOTCONN) }
    try filter!.performBatch(requests)
  }

  public mutating func holds(_ guarded: PortGuard) throws(SystemError) -> Bool {
    guard filter != nil else { throw SystemError("no nftables socket", errno: ENOTCONN) }
    return try Capabilities.raise(.netAdmin) { () throws(SystemError) in try filter!.holds(guarded) }
  }

  /// Whether a table of ours is there as it was made.
  public mutating func hasWhole(_ table: FilterTable) throws(SystemError) -> Bool {
    try Capabilities.raise(.netAdmin) { () throws(SystemError) in
      guard try ownerAmongSteps(ofTable: table.name) == .vpnrun else { return false }
      return try filter!.holds(table)
    }
  }

  /// Where `ownerAmongSteps` has found it.
  mutating func changedChains(of table: FilterTable) throws(SystemError) -> [FilterChain]? { try filter!.changedChains(of: table) }

  /// Without counts of connections where the kernel has none. A flowtable only saves work: it is left out, table and all, where the kernel
  /// has none, or where one of its links is missing.
  mutating func create(_ table: FilterTable, replacing: Bool) throws(SystemError) {
    if table.flowtable != nil, Sysctl.lacksFlowtables { return }
    do throws(SystemError) { try filterTransaction(table.creation(replacing: replacing)) } catch {
      if table.flowtable != nil, [ENOENT, EOPNOTSUPP].contains(error.errno) {
        // What it has learnt must not outlast what it was learnt from.
        guard replacing else { return }
        do throws(SystemError) { return try deletingTransaction(FilterTable.deletion(of: table.name)) } catch {
          guard error.errno == ENOENT else { throw error }
          return
        }
      }
      guard error.errno == ENOENT, let plain = table.withoutCounting else { throw error }
      hasNoShares = true
      try filterTransaction(plain.creation(replacing: replacing))
    }
    if replacing { deleter = filter?.raw }
  }

  /// One that deletes a table, or rules.
  mutating func deletingTransaction(_ requests: [Request]) throws(SystemError) {
    try filterTransaction(requests)
    deleter = filter?.raw
  }

  /// Whose an nftables table of family inet is: a name alone says nothing, for any program may choose it.
  public enum TableOwner: Equatable, Sendable {
    case noTable, vpnrun, others
  }

  public mutating func owner(ofTable name: ByteString) throws(SystemError) -> TableOwner {
    try Capabilities.raise(.netAdmin) { () throws(SystemError) in try ownerAmongSteps(ofTable: name) }
  }

  /// The same where the capability is raised already.
  mutating func ownerAmongSteps(ofTable name: ByteString) throws(SystemError) -> TableOwner {
    guard filter != nil else { throw SystemError("no nftables socket", errno: ENOTCONN) }
    guard let found = try filter!.table(name) else { return .noTable }
    return Self.isOurs(found.comment) ? .vpnrun : .others
  }

  /// - Returns: `nil` if it has none, or there is no such table.
  public mutating func comment(ofTable name: ByteString) throws(SystemError) -> ByteString? {
    guard filter != nil else { throw SystemError("no nftables socket", errno: ENOTCONN) }
    return try Capabilities.raise(.netAdmin) { () throws(SystemError) in try filter!.table(name)?.comment }
  }

  /// What a set of a table of family inet holds; nothing where there is none of that name.
  public mutating func addresses(ofSet set: ByteString, in table: ByteString, _ family: IPFamily) throws(SystemError) -> [Prefix] {
    guard filter != nil else { throw SystemError("no nftables socket", errno: ENOTCONN) }
    return try Capabilities.raise(.netAdmin) { () throws(SystemError) in try filter!.prefixes(ofSet: set, in: table, family) }
  }

  /// None if there is no such table.
  public mutating func chains(ofTable name: ByteString) throws(SystemError) -> [ByteString] {
    guard filter != nil else { throw SystemError("no nftables socket", errno: ENOTCONN) }
    return try Capabilities.raise(.netAdmin) { () throws(SystemError) in try filter!.chains(ofTable: name) }
  }

  private static func isOurs(_ comment: ByteString?) -> Bool { comment?.utf8.starts(with: Names.tableMarkStart.utf8) ?? false }

  /// The names of all tables of ours.
  public mutating func tables() throws(SystemError) -> [ByteString] {
    guard filter != nil else { throw SystemError("no nftables socket", errno: ENOTCONN) }
    return try Capabilities.raise(.netAdmin) { () throws(SystemError) in
      try filter!.tables().filter { Self.isOurs($0.comment) }.map { $0.name }
    }
  }

  /// Whether there is a table of ours of that name.
  public mutating func hasTable(_ name: ByteString) throws(SystemError) -> Bool { try owner(ofTable: name) == .vpnrun }

  /// Deletes a table without a mark of ours if its chains show that an older version of vpnrun has made it.
  /// - Returns: whether it was so.
  public mutating func deleteTable(_ name: ByteString, if isMeant: ([ByteString]) -> Bool) throws(SystemError) -> Bool {
    guard try owner(ofTable: name) == .others else { return false }
    return try Capabilities.raise(.netAdmin) { () throws(SystemError) in
      guard isMeant(try filter!.chains(ofTable: name)) else { return false }
      try deletingTransaction(FilterTable.deletion(of: name))
      return true
    }
  }

  /// From now on: of a thread that is in the place.
  public mutating func speakWireGuard() throws(SystemError) {
    if generic == nil { generic = try Capabilities.raise(.netAdmin) { () throws(SystemError) in try NetlinkSocket(.generic) } }
  }

  /// Whether the kernel has it, perhaps in a module that comes with this question.
  public mutating func hasWireGuard() throws(SystemError) -> Bool {
    try speakWireGuard()
    return try wireGuardFamily() != nil
  }

  private mutating func wireGuardFamily() throws(SystemError) -> UInt16? {
    guard generic != nil else { throw SystemError("no generic netlink socket", errno: ENOTCONN) }
    return try generic!.genericFamily("wireguard")
  }

  /// - Throws: EOPNOTSUPP where the kernel has no WireGuard.
  mutating func wireGuard(_ requests: (UInt16) -> [Request]) throws(SystemError) {
    guard let family = try wireGuardFamily() else { throw SystemError("wireguard", errno: EOPNOTSUPP) }
    for request in requests(family) { try generic!.perform(request) }
  }

  /// None where the kernel has no WireGuard. Needs CAP_NET_ADMIN.
  public mutating func wireGuardPeers(of link: ByteString) throws(SystemError) -> [WireGuardPeerStatus] {
    guard let family = try wireGuardFamily() else { return [] }
    return try generic!.wireGuardPeers(of: link, family: family)
  }

  /// At the end: see `Process.closeInBackground`.
  public mutating func closeInBackground() {
    if let deleter { Process.closeInBackground(deleter) }
  }
}
