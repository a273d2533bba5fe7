internal import CLinux
internal import Netlink
internal import NetworkModel

// Sets of nftables whose elements are intervals.

extension FilterSet {
  /// A message is at most 64 KiB, so that long lists go in several.
  func creation(in table: FilterTable) -> [Request] {
    var requests = [
      nft(NFT_MSG_NEWSET, flags: n(NLM_F_CREATE)) { p in
        p.attribute(n(NFTA_SET_TABLE), text: table.name)
        p.attribute(n(NFTA_SET_NAME), text: name)
        // No other program changes what a rule looks up: see `holds`.
        p.attribute(n(NFTA_SET_FLAGS), (NFT_SET_CONSTANT.rawValue | NFT_SET_INTERVAL.rawValue).bigEndian)
        // nft(8)'s numbers for ipv4_addr and ipv6_addr; the kernel keeps them for it.
        p.attribute(n(NFTA_SET_KEY_TYPE), UInt32(family == .v4 ? 7 : 8).bigEndian)
        p.attribute(n(NFTA_SET_KEY_LEN), UInt32(family.width / 8).bigEndian)
        // Its number within this transaction.
        p.attribute(n(NFTA_SET_ID), UInt32(1 + (table.sets.firstIndex { $0.name == name } ?? 0)).bigEndian)
      }
    ]
    var rest = prefixes[...]
    while !rest.isEmpty {
      let some = rest.prefix(500)
      requests.append(
        nft(NFT_MSG_NEWSETELEM, flags: n(NLM_F_CREATE)) { p in
          p.attribute(n(NFTA_SET_ELEM_LIST_TABLE), text: table.name)
          p.attribute(n(NFTA_SET_ELEM_LIST_SET), text: name)
          p.nested(n(NFTA_SET_ELEM_LIST_ELEMENTS)) { p in
            for prefix in some { p.interval(prefix) }
          }
        })
      rest = rest.dropFirst(500)
    }
    return requests
  }
}

extension Payload {
  /// From the first address to the first that no longer belongs to it, if there is one.
  fileprivate mutating func interval(_ prefix: Prefix) {
    nested(n(NFTA_LIST_ELEM)) { $0.nested(n(NFTA_SET_ELEM_KEY)) { $0.attribute(n(NFTA_DATA_VALUE), prefix.network.address.bytes) } }
    guard let end = prefix.end else { return }
    nested(n(NFTA_LIST_ELEM)) {
      $0.nested(n(NFTA_SET_ELEM_KEY)) { $0.attribute(n(NFTA_DATA_VALUE), end) }
      $0.attribute(n(NFTA_SET_ELEM_FLAGS), NFT_SET_ELEM_INTERVAL_END.rawValue.bigEndian)
    }
  }
}

extension Prefix {
  /// The first address after the last, in network order; `nil` after the family's last.
  fileprivate var end: [UInt8]? {
    if length == 0 { return nil }
    var bytes = network.address.bytes
    var at = Int(length - 1) / 8
    var carry = UInt16(0x80) >> ((length - 1) % 8)
    while carry > 0 {
      let sum = UInt16(bytes[at]) + carry
      bytes[at] = UInt8(sum & 0xff)
      carry = sum >> 8
      if carry > 0, at == 0 { return nil }
      at -= carry > 0 ? 1 : 0
    }
    return bytes
  }
}
