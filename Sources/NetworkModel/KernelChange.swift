/// One of the network namespaces that a change concerns.
public enum Place: Equatable, Sendable, CaseIterable {
  /// Where the machine's own links and the tunnel's UDP socket are.
  case host
  /// The VPN's router.
  case box
  /// One command's own.
  case command
}

/// One change to the kernel's network: a value that can be compared, shown as the line which an administrator would type, and applied.
public enum KernelChange: Equatable, Sendable {
  case addLink(Link)
  case setLink(ByteString, LinkSettings)
  case deleteLink(ByteString)
  /// All links of a group, in one go.
  case deleteGroup(UInt32)
  case addAddress(Address)
  /// Replaces one of the same address.
  case setNeighbour(Neighbour)
  case deleteNeighbour(Neighbour)
  /// A bridge sends what is for that address by this port, and learns nothing about it: `bridge fdb replace … static`.
  case setForwarding(MACAddress, port: ByteString)
  /// In place of one of the same port.
  case setPortGuard(PortGuard)
  case deletePortGuard(PortGuard)
  case addRoute(Route)
  case deleteRoute(Route)
  /// Many in one go, each in place of one with the same destination, table and metric.
  case setRoutes([Route])
  case deleteRoutes([Route])
  case addRule(Rule)
  case deleteRule(Rule)
  /// Fails if there is one of that name.
  case addTable(FilterTable)
  case replaceTable(FilterTable)
  case deleteTable(ByteString)
  /// Programs that send and receive with this address get an error, unless a link still has it.
  case endSockets(IPAddress)
  case configure(ByteString, WireGuardDevice)
  /// The same for a device in use: of its peers those go, and all others keep their sessions.
  case reconfigure(ByteString, WireGuardDevice, without: [WireGuardKey])
  /// Where its peers are now, and its mark; how it last reached them is forgotten.
  case setEndpoints(ByteString, WireGuardDevice)
  /// A file below /proc/sys, by its path there.
  case sysctl(ByteString, ByteString)
}

public struct Step: Equatable, Sendable {
  public var place: Place
  public var change: KernelChange
  public init(_ place: Place, _ change: KernelChange) {
    self.place = place
    self.change = change
  }
}
