internal import CLinux
public import LinuxSystem
public import Netlink
public import NetworkModel

// The kernel's WireGuard over generic netlink: linux/wireguard.h, drivers/net/wireguard/netlink.c.

extension NetlinkSocket {
  /// The number that generic netlink has given a family.
  /// - Returns: `nil` if the kernel has no such family.
  public mutating func genericFamily(_ name: String) throws(SystemError) -> UInt16? {
    var p = Payload(genlmsghdr(cmd: UInt8(CTRL_CMD_GETFAMILY), version: 2, reserved: 0))
    p.attribute(n(CTRL_ATTR_FAMILY_NAME), text: name)
    do throws(SystemError) {
      let answer = try get(Request(UInt16(GENL_ID_CTRL), p))
      return answer.attributes(after: genlmsghdr.self).first { $0.type == n(CTRL_ATTR_FAMILY_ID) }?.uint16
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }

  /// What `wg show` shows of each peer, from a device in the socket's namespace.
  public mutating func wireGuardPeers(of link: ByteString, family: UInt16) throws(SystemError) -> [WireGuardPeerStatus] {
    var p = Payload(genlmsghdr(cmd: UInt8(WG_CMD_GET_DEVICE.rawValue), version: UInt8(WG_GENL_VERSION), reserved: 0))
    p.attribute(n(WGDEVICE_A_IFNAME), text: link)
    return WireGuardPeerStatus.all(in: try dump(Request(family, p)))
  }
}

extension WireGuardDevice {
  /// `wg setconf`: everything the device had before is replaced. A message is at most 64 KiB, so that long lists of addresses go in
  /// several, the first of which replaces and the others add.
  public func requests(for link: ByteString, family: UInt16) -> [Request] {
    var first = Self.message(link)
    first.attribute(n(WGDEVICE_A_FLAGS), UInt32(WGDEVICE_F_REPLACE_PEERS.rawValue))
    if let privateKey { first.attribute(n(WGDEVICE_A_PRIVATE_KEY), privateKey.bytes) }
    first.attribute(n(WGDEVICE_A_LISTEN_PORT), listenPort ?? 0)
    first.attribute(n(WGDEVICE_A_FWMARK), fwmark)
    return [Request(family, first)] + peerRequests(link, family)
  }

  /// `wg syncconf`: peers that are told once more keep their sessions. The mark stays as it is, and without a port of the profile's own
  /// the port does, too.
  /// - Parameter gone: the peers that the device must not have any more.
  public func reconfiguration(for link: ByteString, family: UInt16, without gone: [WireGuardKey]) -> [Request] {
    var first = Self.message(link)
    if let privateKey { first.attribute(n(WGDEVICE_A_PRIVATE_KEY), privateKey.bytes) }
    if let listenPort { first.attribute(n(WGDEVICE_A_LISTEN_PORT), listenPort) }
    var requests = [Request(family, first)]
    for start in stride(from: 0, to: gone.count, by: 1000) {
      var p = Self.message(link)
      p.nested(n(WGDEVICE_A_PEERS)) { list in
        for key in gone[start..<min(start + 1000, gone.count)] {
          list.nested(0) {
            $0.attribute(n(WGPEER_A_PUBLIC_KEY), key.bytes)
            $0.attribute(n(WGPEER_A_FLAGS), WGPEER_F_REMOVE_ME.rawValue)
          }
        }
      }
      requests.append(Request(family, p))
    }
    var known = self
    // A key of zeros is none; not saying it would leave the old one.
    for i in peers.indices where peers[i].presharedKey == nil { known.peers[i].presharedKey = WireGuardKey.zero }
    return requests + known.peerRequests(link, family)
  }

  private func peerRequests(_ link: ByteString, _ family: UInt16) -> [Request] {
    var requests: [Request] = []
    for peer in peers {
      var rest = peer.allowedIPs[...]
      var isFirst = true
      repeat {
        var p = Self.message(link)
        let some = rest.prefix(1000)
        p.nested(n(WGDEVICE_A_PEERS)) { $0.nested(0) { peer.append(to: &$0, allowedIPs: some, replacing: isFirst) } }
        requests.append(Request(family, p))
        rest = rest.dropFirst(1000)
        isFirst = false
      } while !rest.isEmpty
    }
    return requests
  }

  /// `wg set … peer … endpoint …`, of 500 peers in a message. Saying the mark makes the kernel forget by which address and link it last
  /// sent.
  public func whereabouts(for link: ByteString, family: UInt16) -> [Request] {
    var requests: [Request] = []
    var rest = peers[...]
    repeat {
      var p = Self.message(link)
      p.attribute(n(WGDEVICE_A_FWMARK), fwmark)
      p.nested(n(WGDEVICE_A_PEERS)) { list in
        for peer in rest.prefix(500) {
          guard let endpoint = peer.endpoint else { continue }
          list.nested(0) {
            $0.attribute(n(WGPEER_A_PUBLIC_KEY), peer.publicKey.bytes)
            $0.attribute(n(WGPEER_A_FLAGS), WGPEER_F_UPDATE_ONLY.rawValue)
            $0.attribute(n(WGPEER_A_ENDPOINT), endpoint.socketAddress)
          }
        }
      }
      requests.append(Request(family, p))
      rest = rest.dropFirst(500)
    } while !rest.isEmpty
    return requests
  }

  private static func message(_ link: ByteString) -> Payload {
    var p = Payload(genlmsghdr(cmd: UInt8(WG_CMD_SET_DEVICE.rawValue), version: UInt8(WG_GENL_VERSION), reserved: 0))
    p.attribute(n(WGDEVICE_A_IFNAME), text: link)
    return p
  }
}

extension WireGuardPeer {
  fileprivate func append(to p: inout Payload, allowedIPs: ArraySlice<Prefix>, replacing: Bool) {
    p.attribute(n(WGPEER_A_PUBLIC_KEY), publicKey.bytes)
    p.attribute(n(WGPEER_A_FLAGS), UInt32(replacing ? WGPEER_F_REPLACE_ALLOWEDIPS.rawValue : 0))
    if replacing {
      if let presharedKey { p.attribute(n(WGPEER_A_PRESHARED_KEY), presharedKey.bytes) }
      if let endpoint { p.attribute(n(WGPEER_A_ENDPOINT), endpoint.socketAddress) }
      p.attribute(n(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL), persistentKeepalive ?? 0)
    }
    p.nested(n(WGPEER_A_ALLOWEDIPS)) { list in
      for prefix in allowedIPs {
        list.nested(0) {
          $0.attribute(n(WGALLOWEDIP_A_FAMILY), UInt16(prefix.family.number))
          $0.attribute(n(WGALLOWEDIP_A_IPADDR), prefix.address.bytes)
          $0.attribute(n(WGALLOWEDIP_A_CIDR_MASK), prefix.length)
        }
      }
    }
  }
}

extension WireGuardPeerStatus {
  static func all(in messages: [Message]) -> [WireGuardPeerStatus] {
    var peers: [WireGuardPeerStatus] = []
    for message in messages {
      for a in message.attributes(after: genlmsghdr.self) where a.type == n(WGDEVICE_A_PEERS) {
        for entry in a.nested {
          guard let peer = WireGuardPeerStatus(entry.nested) else { continue }
          // A peer with many allowed addresses comes in several pieces.
          if peers.last?.publicKey == peer.publicKey {
            peers[peers.count - 1].allowedIPs += peer.allowedIPs
          } else {
            peers.append(peer)
          }
        }
      }
    }
    return peers
  }

  init?(_ attributes: Attributes) {
    guard let key = attributes.first(where: { $0.type == n(WGPEER_A_PUBLIC_KEY) }).flatMap({ WireGuardKey(bytes: $0.value) }) else {
      return nil
    }
    self.init(publicKey: key)
    for a in attributes {
      switch a.type {
      case n(WGPEER_A_ENDPOINT): endpoint = Endpoint(socketAddress: Array(a.value))
      case n(WGPEER_A_LAST_HANDSHAKE_TIME): latestHandshake = a.uint64 ?? 0
      case n(WGPEER_A_RX_BYTES): receivedBytes = a.uint64 ?? 0
      case n(WGPEER_A_TX_BYTES): sentBytes = a.uint64 ?? 0
      case n(WGPEER_A_ALLOWEDIPS): allowedIPs = a.nested.compactMap { Prefix(allowedIP: $0.nested) }
      default: break
      }
    }
  }
}

extension Prefix {
  fileprivate init?(allowedIP attributes: Attributes) {
    var address: IPAddress?
    var length: UInt8?
    for a in attributes {
      switch a.type {
      case n(WGALLOWEDIP_A_IPADDR): address = IPAddress(bytes: a.value)
      case n(WGALLOWEDIP_A_CIDR_MASK): length = a.uint8
      default: break
      }
    }
    guard let address, let length, length <= address.family.width else { return nil }
    self.init(address, length: length)
  }
}

extension Endpoint {
  /// `sockaddr_in` or `sockaddr_in6`, which glibc's and the kernel's headers lay out alike: family, port, then the address,
  /// for IPv6 behind four bytes of flow label, and before four of scope.
  var socketAddress: [UInt8] {
    let family = address.family.number
    let head = [family, 0, UInt8(port >> 8), UInt8(port & 0xff)]
    switch address.family {
    case .v4: return head + address.bytes + [UInt8](repeating: 0, count: 8)
    case .v6: return head + [0, 0, 0, 0] + address.bytes + [0, 0, 0, 0]
    }
  }

  init?(socketAddress bytes: [UInt8]) {
    guard bytes.count >= 16 else { return nil }
    let isIPv6 = bytes[0] == IPFamily.v6.number
    guard !isIPv6 || bytes.count >= 24, let address = IPAddress(bytes: isIPv6 ? bytes[8..<24] : bytes[4..<8]) else { return nil }
    self.init(address: address, port: UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
  }
}
