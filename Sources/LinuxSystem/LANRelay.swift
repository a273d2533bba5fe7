internal import CLinux

/// Where a command may be brought to in the networks of this machine's links. What the command's own filter lets through is asked again here.
public struct LANRelay: Sendable {
  public struct Destination: Equatable, Sendable {
    public var network: LinkNetwork
    /// 0: any.
    public var port: UInt16

    public init(_ network: LinkNetwork, port: UInt16) { (self.network, self.port) = (network, port) }
  }

  public var destinations: [Destination]
  /// These never.
  public var refused: [UInt16]

  public init(_ destinations: [Destination], refusing refused: [UInt16]) { (self.destinations, self.refused) = (destinations, refused) }

  /// - Returns: `nil` if it may not go there, or this machine is in that network no more. By the link that has the network, so that no tunnel's
  ///   route to a part of it counts; what is this machine's own address is reached by loopback.
  func way(of accepted: Int32) -> RelayWay? {
    var address = [UInt8](repeating: 0, count: 16)
    var port: UInt16 = 0
    let size = unsafe clinux_original_destination(accepted, &address, &port)
    guard size > 0, !refused.contains(port) else { return nil }
    address.removeLast(16 - Int(size))
    let isWanted = destinations.contains { $0.network.contains(address) && ($0.port == 0 || $0.port == port) }
    guard isWanted, let all = try? LinkNetwork.all(), let network = all.first(where: { $0.isRunning && $0.contains(address) })
    else { return nil }
    let isOwn = all.contains { $0.address == address }
    return RelayWay(link: isOwn ? "" : String(decoding: network.link, as: UTF8.self), addresses: [address], port: port, staysOnLink: true)
  }
}

/// Where a connection goes on to.
struct RelayWay {
  /// By which it must go; empty: by any.
  var link: String
  /// To be tried one by one.
  var addresses: [[UInt8]]
  var port: UInt16
  /// By no router.
  var staysOnLink = false
}

/// A socket in the network where this thread is, on loopback, that listens on a port of the kernel's choice.
public struct LoopbackListener: ~Copyable {
  public let descriptor: FileDescriptor
  public let port: UInt16

  /// - Parameter isIPv6: on ::1.
  public init(isIPv6: Bool) throws(SystemError) {
    let address: [UInt8] = isIPv6 ? [UInt8](repeating: 0, count: 15) + [1] : [127, 0, 0, 1]
    let fd = try SystemError.check(unsafe clinux_listen(1, address, address.count, 0), "listen")
    descriptor = FileDescriptor(owning: fd)
    port = UInt16(truncatingIfNeeded: clinux_own_port(fd))
  }
}
