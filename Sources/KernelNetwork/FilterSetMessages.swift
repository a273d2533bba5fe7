internal import CLinux
internal import Netlink
internal import NetworkModel

// Sets of nftables: intervals of addresses, numbers, and what the kernel counts by itself.

extension FilterSet.Content {
  /// nft(8)'s numbers for types of keys, which the kernel keeps for it: of several, 6 bits each.
  fileprivate var keyType: UInt32 {
    switch self {
    case .addresses(let family, _), .connections(let family, .source): family.keyType
    case .users: 24
    case .groups: 25
    case .connections(let family, .sourceAndServer): family.keyType << 12 | family.keyType << 6 | 13
    }
  }

  /// Bytes; in a key of several each takes whole words.
  fileprivate var keyLength: UInt32 {
    switch self {
    case .addresses(let family, _), .connections(let family, .source): UInt32(family.width / 8)
    case .users, .groups: 4
    case .connections(let family, .sourceAndServer): 2 * UInt32(family.width / 8) + 4
    }
  }

  fileprivate var flags: UInt32 {
    switch self {
    case .addresses: NFT_SET_CONSTANT.rawValue | NFT_SET_INTERVAL.rawValue
    case .users, .groups: NFT_SET_CONSTANT.rawValue
    case .connections: NFT_SET_EVAL.rawValue
    }
  }

  /// For nft(8), which shows numbers as the machine has them only if it is told so: NFTNL_UDATA_SET_KEYBYTEORDER, 1 for the host's.
  fileprivate var userData: [UInt8]? {
    switch self {
    case .users, .groups: [0, 4] + UInt32(1).bytes
    case .addresses, .connections: nil
    }
  }
}

extension IPFamily {
  fileprivate var keyType: UInt32 { self == .v4 ? 7 : 8 }
}

extension FilterSet {
  /// A message is at most 64 KiB, so that long lists go in several.
  func creation(in table: FilterTable) -> [Request] {
    var requests = [
      nft(NFT_MSG_NEWSET, flags: n(NLM_F_CREATE)) { p in
        p.attribute(n(NFTA_SET_TABLE), text: table.name)
        p.attribute(n(NFTA_SET_NAME), text: name)
        // No other program changes what a rule looks up: see `changedChains`.
        p.attribute(n(NFTA_SET_FLAGS), content.flags.bigEndian)
        p.attribute(n(NFTA_SET_KEY_TYPE), content.keyType.bigEndian)
        p.attribute(n(NFTA_SET_KEY_LEN), content.keyLength.bigEndian)
        // Its number within this transaction.
        p.attribute(n(NFTA_SET_ID), UInt32(1 + (table.sets.firstIndex { $0.name == name } ?? 0)).bigEndian)
        if case .connections = content {
          p.nested(n(NFTA_SET_DESC)) { $0.attribute(n(NFTA_SET_DESC_SIZE), FilterSet.maximumOfConnections.bigEndian) }
        }
        if let data = content.userData { p.attribute(n(NFTA_SET_USERDATA), data) }
      }
    ]
    switch content {
    case .addresses(_, let prefixes): requests += elements(prefixes, in: table) { $0.interval($1) }
    case .users(let numbers), .groups(let numbers): requests += elements(numbers, in: table) { $0.key($1.bytes) }
    case .connections: break
    }
    return requests
  }

  private func elements<Element>(
    _ all: [Element], in table: FilterTable, _ append: (inout Payload, Element) -> Void
  ) -> [Request] {
    stride(from: 0, to: all.count, by: 500).map { start in
      nft(NFT_MSG_NEWSETELEM, flags: n(NLM_F_CREATE)) { p in
        p.attribute(n(NFTA_SET_ELEM_LIST_TABLE), text: table.name)
        p.attribute(n(NFTA_SET_ELEM_LIST_SET), text: name)
        p.nested(n(NFTA_SET_ELEM_LIST_ELEMENTS)) { p in
          for element in all[start..<min(start + 500, all.count)] { append(&p, element) }
        }
      }
    }
  }
}

extension Payload {
  fileprivate mutating func key(_ bytes: [UInt8]) {
    nested(n(NFTA_LIST_ELEM)) { $0.nested(n(NFTA_SET_ELEM_KEY)) { $0.attribute(n(NFTA_DATA_VALUE), bytes) } }
  }

  /// From the first address to the first that no longer belongs to it, if there is one.
  fileprivate mutating func interval(_ prefix: Prefix) {
    key(prefix.network.address.bytes)
    guard let end = prefix.end else { return }
    nested(n(NFTA_LIST_ELEM)) {
      $0.nested(n(NFTA_SET_ELEM_KEY)) { $0.attribute(n(NFTA_DATA_VALUE), end) }
      $0.attribute(n(NFTA_SET_ELEM_FLAGS), NFT_SET_ELEM_INTERVAL_END.rawValue.bigEndian)
    }
  }
}

extension Prefix {
  /// The first address after the last, in network order; `nil` after the family's last.
  var end: [UInt8]? {
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
