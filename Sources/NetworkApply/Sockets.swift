internal import CLinux
internal import KernelNetwork
public import LinuxSystem
public import Netlink
public import NetworkModel
public import Privilege

/// One place of the kernel's network: a namespace, and netlink sockets in it. A socket stays with the namespace in which it was opened, so
/// all that will be wanted are opened together, by a thread that is there, and the thread may go elsewhere. Only sysctls are the thread's:
/// whoever applies one is in the place.
public struct Sockets: ~Copyable {
  public let place: Place
  public let namespace: NetworkNamespace
  public var route: NetlinkSocket
  private var filter: NetlinkSocket?
  private var generic: NetlinkSocket?
  /// The socket by which a table was deleted.
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
  public init(_ place: Place, _ languages: Languages) throws(SystemError) {
    let namespace = try NetworkNamespace.current()
    // The kernel asks for the capability when a socket is opened as well as when it is used (netlink_ns_capable).
    let route = try Self.open(.route)
    let filter = languages.contains(.filters) ? try Self.open(.netfilter) : nil
    let generic = languages.contains(.wireGuard) ? try Self.open(.generic) : nil
    self.place = place
    self.namespace = namespace
    self.route = route
    self.filter = filter
    self.generic = generic
  }

  private static func open(_ family: NetlinkSocket.Family) throws(SystemError) -> NetlinkSocket {
    try Capabilities.raise(.netAdmin) { () throws(SystemError) in try NetlinkSocket(family) }
  }

  public mutating func index(of name: ByteString) throws(SystemError) -> Int32 {
    if let known = indices.first(where: { $0.name == name }) { return known.index }
    guard let link = try route.link(name) else { throw SystemError(missingLink: name.description) }
    indices.append((name, link.index))
    return link.index
  }

  mutating func forget(_ name: ByteString) { indices.removeAll { $0.name == name } }

  mutating func filterTransaction(_ requests: [Request]) throws(SystemError) {
    guard filter != nil else { throw SystemError("no nftables socket", errno: ENOTCONN) }
    try filter!.performBatch(requests)
  }

  mutating func deleteTable(_ requests: [Request]) throws(SystemError) {
    try filterTransaction(requests)
    deleter = filter?.raw
  }

  /// Whether there is an nftables table of family inet and that name.
  public mutating func hasTable(_ name: ByteString) throws(SystemError) -> Bool {
    try Capabilities.raise(.netAdmin) { () throws(SystemError) in try hasTableNow(name) }
  }

  /// The same where the capability is raised already: raised again, it would be lowered after this.
  mutating func hasTableNow(_ name: ByteString) throws(SystemError) -> Bool {
    guard filter != nil else { throw SystemError("no nftables socket", errno: ENOTCONN) }
    return try filter!.hasTable(name)
  }

  /// - Throws: EOPNOTSUPP where the kernel has no WireGuard.
  mutating func wireGuard(_ requests: (UInt16) -> [Request]) throws(SystemError) {
    guard generic != nil else { throw SystemError("no generic netlink socket", errno: ENOTCONN) }
    guard let family = try generic!.genericFamily("wireguard") else { throw SystemError("wireguard", errno: EOPNOTSUPP) }
    for request in requests(family) { try generic!.perform(request) }
  }

  /// None where the kernel has no WireGuard. Needs CAP_NET_ADMIN.
  public mutating func wireGuardPeers(of link: ByteString) throws(SystemError) -> [WireGuardPeerStatus] {
    guard generic != nil else { throw SystemError("no generic netlink socket", errno: ENOTCONN) }
    guard let family = try generic!.genericFamily("wireguard") else { return [] }
    return try generic!.wireGuardPeers(of: link, family: family)
  }

  /// At the end: see `Process.closeInBackground`.
  public mutating func closeInBackground() {
    if let deleter { Process.closeInBackground(deleter) }
  }
}
