/// A link-layer address.
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
  public let bytes: [UInt8]
  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, _ e: UInt8, _ f: UInt8) { bytes = [a, b, c, d, e, f] }

  public var description: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }
}

/// A link to be made: what `ip link add` is told. Names have 1–15 bytes; an MTU of 68…65535.
public struct Link: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case bridge
    case wireguard
    /// The other end, made by the same request. It cannot be made up: the kernel refuses with ENOTCONN.
    case veth(peer: Peer)
    /// Another link on the wire of that one, with a link-layer address of its own (macvlan, mode private). That one is in the namespace
    /// which is asked.
    case macvlan(on: ByteString)
  }

  public struct Peer: Equatable, Sendable {
    public var name: ByteString
    public var mac: MACAddress
    public var place: Place
    public init(_ name: ByteString, mac: MACAddress, in place: Place) {
      self.name = name
      self.mac = mac
      self.place = place
    }
  }

  public var name: ByteString
  public var kind: Kind
  public var mtu: UInt32
  /// WireGuard devices have none. Elsewhere always our own: a bridge's would change as ports come and go.
  public var mac: MACAddress?
  /// Index and name of the bridge whose port this becomes.
  public var master: Master?
  /// Made into another namespace than the one which is asked. A WireGuard device keeps its UDP socket in the latter.
  public var place: Place?
  public var isUp = false
  /// `nil`: the next free one. The ends of a veth must not have the same number, each in its namespace: the kernel then takes a change
  /// of carrier for one of a plain link and tells of it up to a second later.
  public var index: Int32?
  /// `ip link … group`: links that are deleted together. 0 is everybody's.
  public var group: UInt32 = 0
  /// `txqueuelen`: of a port, which has no queue, its owner's uid. `nil`: as the kernel has it, 1000.
  public var queueLength: UInt32?

  public struct Master: Equatable, Sendable {
    public var name: ByteString
    public var index: Int32
    public init(_ name: ByteString, index: Int32) {
      self.name = name
      self.index = index
    }
  }

  public init(
    _ name: ByteString, _ kind: Kind, mtu: UInt32, mac: MACAddress? = nil, master: Master? = nil, in place: Place? = nil,
    isUp: Bool = false,
    index: Int32? = nil, group: UInt32 = 0, queueLength: UInt32? = nil
  ) {
    self.name = name
    self.kind = kind
    self.mtu = mtu
    self.mac = mac
    self.master = master
    self.place = place
    self.isUp = isUp
    self.index = index
    self.group = group
    self.queueLength = queueLength
  }
}

/// Changes to a link that exists: what `ip link set` is told, all in one request.
public struct LinkSettings: Equatable, Sendable {
  public var isUp: Bool?
  public var mtu: UInt32?
  /// At most 255 bytes; shown by `ip link`, kept by the kernel as long as the link lives.
  public var alias: ByteString?
  /// No address of the link's own making: no fe80::, no router solicitations (`addrgenmode none`). To be set before the link is up: of
  /// one request the kernel carries out "up" first.
  public var noIPv6Autoconfiguration: Bool
  /// `rp_filter` of this link only: 0 off, 1 strict, 2 loose.
  public var reversePathFilter: UInt32?
  /// Accept packets for and from 127.0.0.0/8 on this link.
  public var routeLocalnet: Bool?
  public var sendRedirects: Bool?
  /// Of a bridge's port: it reaches the bridge itself and no other isolated port.
  public var isIsolated: Bool
  /// Of a bridge's port: it gets what is for its own addresses, and nothing that is sent to all or to unknown ones; the bridge learns no
  /// address by it.
  public var isSealed = false
  public var group: UInt32?
  /// The link of the VRF into which it goes.
  public var vrf: ByteString?
  /// Moves the link, which is set down by it and loses its addresses.
  public var move: Place?
  public var rename: ByteString?

  public static let up = LinkSettings(isUp: true)

  public init(
    isUp: Bool? = nil, mtu: UInt32? = nil, alias: ByteString? = nil, noIPv6Autoconfiguration: Bool = false,
    reversePathFilter: UInt32? = nil,
    routeLocalnet: Bool? = nil, sendRedirects: Bool? = nil, isIsolated: Bool = false, group: UInt32? = nil,
    vrf: ByteString? = nil, move: Place? = nil, rename: ByteString? = nil
  ) {
    self.isUp = isUp
    self.mtu = mtu
    self.alias = alias
    self.noIPv6Autoconfiguration = noIPv6Autoconfiguration
    self.reversePathFilter = reversePathFilter
    self.routeLocalnet = routeLocalnet
    self.sendRedirects = sendRedirects
    self.isIsolated = isIsolated
    self.group = group
    self.vrf = vrf
    self.move = move
    self.rename = rename
  }
}

/// What the kernel says of a link.
public struct LinkState: Equatable, Sendable {
  public var index: Int32
  public var name: ByteString
  public var kind: ByteString?
  public var alias: ByteString?
  public var mtu: UInt32
  /// Empty where there is none.
  public var mac: [UInt8] = []
  /// Whether a packet waits until a neighbour has said its address (ARP, IPv6's neighbour discovery): not on a link of PPP, or a TUN
  /// device.
  public var asksForNeighbours = false
  public var isUp: Bool
  /// It is up, and so is what it needs (IFF_RUNNING): a cable, the link below.
  public var isRunning = true
  /// The kernel has seen that (IF_OPER_UP of RFC 2863): before, what is sent by it is lost.
  public var isOperational = false
  public var master: Int32?
  /// Of a veth: the number of its other end, in that end's namespace, and the number by which this namespace knows that one.
  public var peer: Int32?
  public var peerNamespace: Int32?
  /// 0 of most.
  public var group: UInt32 = 0
  public var queueLength: UInt32?
  /// Of a bridge's port: `LinkSettings.isIsolated`, `isSealed`.
  public var isIsolated = false
  public var isSealed = false
  /// Of a VRF: the table by which its packets are routed.
  public var vrfTable: UInt32?
  /// Of frames, Ethernet's header included; `nil` where they were not asked for.
  public var receivedBytes: UInt64?
  public var sentBytes: UInt64?

  public init(
    index: Int32, name: ByteString, kind: ByteString? = nil, alias: ByteString? = nil, mtu: UInt32, isUp: Bool, master: Int32? = nil
  ) {
    self.index = index
    self.name = name
    self.kind = kind
    self.alias = alias
    self.mtu = mtu
    self.isUp = isUp
    self.master = master
  }
}
