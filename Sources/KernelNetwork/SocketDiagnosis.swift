internal import CLinux
public import LinuxSystem
public import Netlink
public import NetworkModel

// Sockets of other processes: sock_diag(7), linux/inet_diag.h, linux/sock_diag.h.

extension NetlinkSocket {
  /// Ends every TCP and UDP socket that is bound to an address: its owner gets ECONNABORTED. `ss -HKtu src ADDRESS`. IPv6 does not ask
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

/// A TCP or UDP socket that is bound to an address or to a link.
public struct BoundSocket: Equatable, Sendable {
  public var transport: Transport
  /// Its own.
  public var port: UInt16
}

extension NetlinkSocket {
  /// The first socket that is bound to one of the addresses or to the link, as `ss src ADDRESS or dev LINK` finds it; no connection that
  /// is over already. Kinds of sockets that the kernel cannot list are left out, as in `endSockets`.
  public mutating func firstSocket(boundTo addresses: [IPAddress], link: Int32?) throws(SystemError) -> BoundSocket? {
    for transport in [Transport.tcp, .udp] {
      for family in IPFamily.allCases {
        do throws(SystemError) {
          for message in try dump(Request(n(SOCK_DIAG_BY_FAMILY), .sockets(family, transport, nil))) {
            let head = Array(message.body.prefix(4 + SocketIdentity.size))
            guard head.count == 4 + SocketIdentity.size, head[1] != SocketIdentity.timeWait else { continue }
            let identity = head.dropFirst(4)
            let own = SocketIdentity.source(identity, family)
            guard addresses.contains(where: { $0 == own }) || (link != nil && SocketIdentity.link(identity) == link) else { continue }
            return BoundSocket(transport: transport, port: UInt16(head[4]) << 8 | UInt16(head[5]))
          }
        } catch {
          guard [EOPNOTSUPP, ENOENT, EINVAL].contains(error.errno) else { throw error }
        }
      }
    }
    return nil
  }
}

/// `struct inet_diag_sockid`: two ports, two addresses of sixteen bytes, a link, a cookie.
private enum SocketIdentity {
  static let size = 48
  /// TCP_TIME_WAIT of `enum` in net/tcp_states.h: the second byte before the identity.
  static let timeWait: UInt8 = 6

  static func source(_ bytes: ArraySlice<UInt8>, _ family: IPFamily) -> IPAddress? {
    let address = bytes.dropFirst(4).prefix(family == .v4 ? 4 : 16)
    // IPv4 by a socket of both families: ::ffff:192.0.2.1.
    let isMapped = family == .v6 && address.prefix(10).allSatisfy { $0 == 0 } && address.dropFirst(10).prefix(2).allSatisfy { $0 == 0xff }
    return IPAddress(bytes: isMapped ? address.suffix(4) : address)
  }

  /// To which it is bound; 0 for none.
  static func link(_ bytes: ArraySlice<UInt8>) -> Int32 {
    Int32(bitPattern: bytes.dropFirst(36).prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) })
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
