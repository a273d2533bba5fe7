internal import CLinux
public import LinuxSystem
public import Netlink
public import NetworkModel

// Ports of a bridge: what it sends by them, what comes in by them, and whose other end is where.

extension MACAddress {
  /// RTM_NEWNEIGH of the family AF_BRIDGE: an entry of the bridge's table that is neither learned nor forgotten, and goes with the port.
  public func forwarding(byPort index: Int32) -> Request {
    var header = ndmsg()
    header.ndm_family = UInt8(AF_BRIDGE)
    header.ndm_ifindex = index
    header.ndm_state = UInt16(NUD_NOARP)
    header.ndm_flags = UInt8(NTF_MASTER)
    var p = Payload(header)
    p.attribute(n(NDA_LLADDR), bytes)
    return Request(n(RTM_NEWNEIGH), flags: n(NLM_F_CREATE) | n(NLM_F_REPLACE), p)
  }
}

extension PortGuard {
  private var table: ByteString { "vpn" }

  /// A transaction: table and chain are made if they are not there, and the chain's rules are these afterwards. On a link that has gone
  /// the chain goes as well, or (from Linux 6.16 on) waits for the next one of that name.
  public var setting: [Request] {
    var requests = [
      nft(NFT_MSG_NEWTABLE, flags: n(NLM_F_CREATE), family: .netdev) { $0.attribute(n(NFTA_TABLE_NAME), text: table) },
      nft(NFT_MSG_NEWCHAIN, flags: n(NLM_F_CREATE), family: .netdev) { p in
        p.attribute(n(NFTA_CHAIN_TABLE), text: table)
        p.attribute(n(NFTA_CHAIN_NAME), text: link)
        p.attribute(n(NFTA_CHAIN_TYPE), text: "filter")
        p.attribute(n(NFTA_CHAIN_POLICY), UInt32(NF_DROP).bigEndian)
        p.nested(n(NFTA_CHAIN_HOOK)) {
          // NF_NETDEV_INGRESS.
          $0.attribute(n(NFTA_HOOK_HOOKNUM), UInt32(0).bigEndian)
          $0.attribute(n(NFTA_HOOK_PRIORITY), Int32(0).bigEndian)
          $0.attribute(n(NFTA_HOOK_DEV), text: link)
        }
      },
      nft(NFT_MSG_DELRULE, flags: 0, family: .netdev) { p in
        p.attribute(n(NFTA_RULE_TABLE), text: table)
        p.attribute(n(NFTA_RULE_CHAIN), text: link)
      },
    ]
    requests += rules.map { rule in
      nft(NFT_MSG_NEWRULE, flags: n(NLM_F_CREATE) | n(NLM_F_APPEND), family: .netdev) { p in
        p.attribute(n(NFTA_RULE_TABLE), text: table)
        p.attribute(n(NFTA_RULE_CHAIN), text: link)
        p.nested(n(NFTA_RULE_EXPRESSIONS), rule)
      }
    }
    return transaction(requests)
  }

  public var deletion: [Request] {
    transaction([
      nft(NFT_MSG_DELCHAIN, flags: 0, family: .netdev) { p in
        p.attribute(n(NFTA_CHAIN_TABLE), text: table)
        p.attribute(n(NFTA_CHAIN_NAME), text: link)
      }
    ])
  }

  private var rules: [(inout Payload) -> Void] {
    var rules: [(inout Payload) -> Void] = [
      { p in
        p.load(NFT_PAYLOAD_LL_HEADER, offset: 6, length: 6)
        p.compare(NFT_CMP_NEQ, mac.bytes)
        p.verdict(NF_DROP)
      }
    ]
    for address in addresses {
      switch address.family {
      case .v4:
        // The sender's two addresses stand side by side in ARP.
        rules.append { p in
          p.meta(NFT_META_PROTOCOL, [0x08, 0x06])
          p.load(NFT_PAYLOAD_NETWORK_HEADER, offset: 8, length: 10)
          p.compare(NFT_CMP_EQ, mac.bytes + address.bytes)
          p.verdict(NF_ACCEPT)
        }
        rules.append { p in
          p.meta(NFT_META_PROTOCOL, [0x08, 0x00])
          p.address(of: .v4, isDestination: false)
          p.compare(NFT_CMP_EQ, address.bytes)
          p.verdict(NF_ACCEPT)
        }
      case .v6:
        for type in Self.routersTypes {
          rules.append { p in
            p.icmpv6(type)
            p.verdict(NF_DROP)
          }
        }
        // Whose address it tells, whatever its sender's is.
        rules.append { p in
          p.icmpv6(Self.advertisement)
          p.load(NFT_PAYLOAD_TRANSPORT_HEADER, offset: 8, length: 16)
          p.compare(NFT_CMP_NEQ, address.bytes)
          p.verdict(NF_DROP)
        }
        rules.append { p in
          p.meta(NFT_META_PROTOCOL, [0x86, 0xdd])
          p.address(of: .v6, isDestination: false)
          p.compare(NFT_CMP_EQ, address.bytes)
          p.verdict(NF_ACCEPT)
        }
      }
    }
    for other in others {
      rules.append { p in
        p.meta(NFT_META_PROTOCOL, other.family == .v4 ? [0x08, 0x00] : [0x86, 0xdd])
        p.address(of: other.family, isDestination: false)
        p.compare(NFT_CMP_EQ, other.bytes)
        p.verdict(NF_ACCEPT)
      }
    }
    return rules
  }
}

extension Payload {
  fileprivate mutating func icmpv6(_ type: UInt8) {
    meta(NFT_META_PROTOCOL, [0x86, 0xdd])
    meta(NFT_META_L4PROTO, [Transport.icmpv6.rawValue])
    transport([type], at: 0)
  }
}

extension NetlinkSocket {
  /// By which number this socket's namespace knows another one; `nil` if it has no link whose other end is there.
  public mutating func number(ofNamespace descriptor: Int32) throws(SystemError) -> Int32? {
    // struct rtgenmsg is one byte, and netlink pads it.
    var p = Payload(UInt8(AF_UNSPEC))
    p.attribute(n(NETNSA_FD), UInt32(bitPattern: descriptor))
    let answer = try get(Request(n(RTM_GETNSID), p))
    let number = answer.attributes(after: UInt32.self).first { $0.type == n(NETNSA_NSID) }?.uint32
    return number.flatMap { $0 == .max ? nil : Int32(bitPattern: $0) }
  }
}
