internal import CLinux
public import LinuxSystem
public import Netlink
public import NetworkModel

// Sockets of other processes: sock_diag(7), linux/inet_diag.h, linux/sock_diag.h.

extension NetlinkSocket {
  /// Ends every TCP and UDP socket that is bound to an address: its owner gets ECONNABORTED. `ss -K src ADDRESS`. IPv6 does not ask
  /// whether a socket's address is still the machine's own, and would send on by whatever route is left.
  ///
  /// Where the kernel cannot list or end a kind of sockets (CONFIG_INET_UDP_DIAG, CONFIG_INET_DIAG_DESTROY) they stay.
  public mutating func endSockets(boundTo address: IPAddress) throws(SystemError) {
    for transport in [Transport.tcp, .udp] {
      do throws(SystemError) {
        for message in try dump(Request(n(SOCK_DIAG_BY_FAMILY), .sockets(address.family, transport, nil))) {
          // struct inet_diag_msg: four bytes, then the socket's identity, which the request repeats.
          let identity = message.body.dropFirst(4).prefix(SocketIdentity.size)
          guard identity.count == SocketIdentity.size, SocketIdentity.source(identity, address.family) == address else { continue }
          do throws(SystemError) {
            try perform(Request(n(SOCK_DESTROY), .sockets(address.family, transport, Array(identity))))
          } catch {
            // It ended by itself.
            if error.errno != ENOENT { throw error }
          }
        }
      } catch {
        guard [EOPNOTSUPP, ENOENT, EINVAL].contains(error.errno) else { throw error }
      }
    }
  }
}

/// `struct inet_diag_sockid`: two ports, two addresses of sixteen bytes, a link, a cookie.
private enum SocketIdentity {
  static let size = 48

  static func source(_ bytes: ArraySlice<UInt8>, _ family: IPFamily) -> IPAddress? {
    IPAddress(bytes: bytes.dropFirst(4).prefix(family == .v4 ? 4 : 16))
  }
}

extension Payload {
  /// `struct inet_diag_req_v2`; without an identity all sockets, in every state.
  fileprivate static func sockets(_ family: IPFamily, _ transport: Transport, _ identity: [UInt8]?) -> Payload {
    var p = Payload()
    p.append(UInt32(family.number) | UInt32(transport.rawValue) << 8)
    p.append(UInt32.max)
    p.append(bytes: identity ?? [UInt8](repeating: 0, count: SocketIdentity.size))
    return p
  }
}
