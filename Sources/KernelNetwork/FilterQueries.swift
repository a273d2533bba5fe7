internal import CLinux
public import LinuxSystem
public import Netlink
public import NetworkModel

/// A table's comment, as nft(8) writes and reads it: its user data is a list of type, length and value, and the comment is type 0, a string
/// with its NUL (libnftnl's NFTNL_UDATA_TABLE_COMMENT). The kernel keeps it as it is, since Linux 5.10.
enum TableComment {
  static func bytes(_ text: ByteString) -> [UInt8] {
    precondition(text.utf8.count < 128, "nft takes a comment of at most 127 bytes")
    return [0, UInt8(text.utf8.count + 1)] + Array(text.utf8) + [0]
  }

  static func text(in userData: ArraySlice<UInt8>) -> ByteString? {
    value(0, in: userData).map { ByteString($0.prefix { $0 != 0 }) }
  }

  static func value(_ wanted: UInt8, in userData: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = userData
    while rest.count >= 2 {
      let (type, length) = (rest[rest.startIndex], Int(rest[rest.startIndex + 1]))
      guard rest.count >= 2 + length else { return nil }
      if type == wanted { return rest.dropFirst(2).prefix(length) }
      rest = rest.dropFirst(2 + length)
    }
    return nil
  }
}

/// What a table or a rule was made of, as a number in its user data (FNV-1a of the request). nft does not know its type, and does not write
/// it into what it lists: what was listed, changed and read in again has none.
struct FilterDigest: Equatable {
  private static let type: UInt8 = 0x76
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  init(_ content: [UInt8]) { add(content) }

  init(_ requests: [Request]) {
    for request in requests { add(request.payload.bytes) }
  }

  private mutating func add(_ bytes: [UInt8]) {
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  var userData: [UInt8] { [Self.type, 8] + (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * UInt64($0))) } }

  init?(in userData: ArraySlice<UInt8>) {
    guard let value = TableComment.value(Self.type, in: userData), value.count == 8 else { return nil }
    hash = value.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// A chain without its rules: what it is called for, which none of its own is where it is only jumped to.
struct ChainState: Equatable {
  var name: ByteString = ""
  var kind: ByteString?
  var hook: UInt32?
  /// The bits of a number with a sign.
  var priority: UInt32?
  var dropsByDefault = false

  init() {}

  init(_ chain: FilterChain) {
    name = chain.name
    guard let base = chain.base else { return }
    (kind, hook, priority) = (base.kind.name, base.hook.rawValue, UInt32(bitPattern: base.priority))
    dropsByDefault = base.dropsByDefault
  }
}

/// A table of family inet.
public struct TableState: Equatable, Sendable {
  public var comment: ByteString?
  var digest: FilterDigest?
  /// Not switched off, for example.
  var isPlain: Bool
}

extension NetlinkSocket {
  /// - Returns: `nil` if there is no table of family inet and that name.
  public mutating func table(_ name: ByteString) throws(SystemError) -> TableState? { try table(name, .inet) }

  private mutating func table(_ name: ByteString, _ family: FilterFamily) throws(SystemError) -> TableState? {
    do throws(SystemError) {
      let answer = try get(nft(NFT_MSG_GETTABLE, flags: 0, family: family) { $0.attribute(n(NFTA_TABLE_NAME), text: name) })
      let attributes = answer.attributes(after: nfgenmsg.self)
      let data = attributes.first { $0.type == n(NFTA_TABLE_USERDATA) }?.value ?? []
      let isPlain = attributes.first { $0.type == n(NFTA_TABLE_FLAGS) }?.value.allSatisfy { $0 == 0 } ?? true
      return TableState(comment: TableComment.text(in: data), digest: FilterDigest(in: data), isPlain: isPlain)
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }

  /// The names of all tables of family inet, with their comments.
  public mutating func tables() throws(SystemError) -> [(name: ByteString, comment: ByteString?)] {
    try dump(nft(NFT_MSG_GETTABLE, flags: 0) { _ in }).compactMap { message in
      let attributes = message.attributes(after: nfgenmsg.self)
      guard let name = attributes.first(where: { $0.type == n(NFTA_TABLE_NAME) })?.name else { return nil }
      let data = attributes.first { $0.type == n(NFTA_TABLE_USERDATA) }?.value ?? []
      return (name, TableComment.text(in: data))
    }
  }

  /// The names of its chains; none if there is no such table.
  public mutating func chains(ofTable name: ByteString) throws(SystemError) -> [ByteString] {
    try chainStates(ofTable: name).map { $0.name }
  }

  private mutating func chainStates(
    ofTable name: ByteString, _ family: FilterFamily = .inet
  ) throws(SystemError) -> [ChainState] {
    try dump(nft(NFT_MSG_GETCHAIN, flags: 0, family: family) { _ in }).compactMap { message in
      var table: ByteString?
      var chain = ChainState()
      for a in message.attributes(after: nfgenmsg.self) {
        switch a.type {
        case n(NFTA_CHAIN_TABLE): table = ByteString(a.value.prefix { $0 != 0 })
        case n(NFTA_CHAIN_NAME): chain.name = ByteString(a.value.prefix { $0 != 0 })
        case n(NFTA_CHAIN_TYPE): chain.kind = ByteString(a.value.prefix { $0 != 0 })
        case n(NFTA_CHAIN_POLICY): chain.dropsByDefault = a.uint32?.bigEndian == UInt32(NF_DROP)
        case n(NFTA_CHAIN_HOOK):
          for part in a.nested {
            if part.type == n(NFTA_HOOK_HOOKNUM) { chain.hook = part.uint32?.bigEndian }
            if part.type == n(NFTA_HOOK_PRIORITY) { chain.priority = part.uint32?.bigEndian }
          }
        default: break
        }
      }
      return table == name ? chain : nil
    }
  }

  private mutating func ruleStates(
    ofTable name: ByteString, _ family: FilterFamily = .inet
  ) throws(SystemError) -> [(chain: ByteString, digest: FilterDigest?)] {
    try dump(nft(NFT_MSG_GETRULE, flags: 0, family: family) { $0.attribute(n(NFTA_RULE_TABLE), text: name) }).compactMap { message in
      var (table, chain): (ByteString?, ByteString?)
      var digest: FilterDigest?
      for a in message.attributes(after: nfgenmsg.self) {
        switch a.type {
        case n(NFTA_RULE_TABLE): table = ByteString(a.value.prefix { $0 != 0 })
        case n(NFTA_RULE_CHAIN): chain = ByteString(a.value.prefix { $0 != 0 })
        case n(NFTA_RULE_USERDATA): digest = FilterDigest(in: a.value)
        default: break
        }
      }
      guard table == name, let chain else { return nil }
      return (chain, digest)
    }
  }

  /// What a set of intervals holds, if it was made of prefixes; nothing where there is no such set.
  public mutating func prefixes(ofSet set: ByteString, in table: ByteString, _ family: IPFamily) throws(SystemError) -> [Prefix] {
    var (starts, ends): ([[UInt8]], [[UInt8]]) = ([], [])
    do throws(SystemError) {
      let request = nft(NFT_MSG_GETSETELEM, flags: 0) {
        $0.attribute(n(NFTA_SET_ELEM_LIST_TABLE), text: table)
        $0.attribute(n(NFTA_SET_ELEM_LIST_SET), text: set)
      }
      for message in try dump(request) {
        for list in message.attributes(after: nfgenmsg.self) where list.type == n(NFTA_SET_ELEM_LIST_ELEMENTS) {
          for element in list.nested {
            let parts = element.nested
            let key = parts.first { $0.type == n(NFTA_SET_ELEM_KEY) }
            guard let value = key?.nested.first(where: { $0.type == n(NFTA_DATA_VALUE) })?.value else { continue }
            let flags = parts.first { $0.type == n(NFTA_SET_ELEM_FLAGS) }?.uint32?.bigEndian ?? 0
            if flags & NFT_SET_ELEM_INTERVAL_END.rawValue == 0 { starts.append(Array(value)) } else { ends.append(Array(value)) }
          }
        }
      }
    } catch {
      guard error.errno == ENOENT else { throw error }
      return []
    }
    return starts.compactMap { start in
      guard let address = IPAddress(bytes: start), address.family == family else { return nil }
      let end = ends.filter { start.lexicographicallyPrecedes($0) }.min { $0.lexicographicallyPrecedes($1) }
      return (0...family.width).lazy.map { Prefix(address, length: $0) }.first { $0.network == $0 && $0.end == end }
    }
  }

  /// What a table with a comment lacks of being as it was made, whatever it holds.
  ///
  /// Its digest says what it was made of but for the rules, and cannot be changed. A rule cannot be changed either, only be replaced by
  /// one without our digest. Of the sets, elements cannot be changed while a rule looks them up (NFT_SET_CONSTANT). So what is compared
  /// is which rules there are, and of chains what can be changed. Where rules that look up sets have gone, their sets may have changed.
  /// A table of an older version has a digest of its rules, too.
  /// - Returns: the chains that have other rules; `nil` if it has to be made again.
  public mutating func changedChains(of table: FilterTable) throws(SystemError) -> [FilterChain]? {
    guard let found = try self.table(table.name), found.isPlain, found.comment == table.comment,
      found.digest == FilterDigest(table.frame) || found.digest == FilterDigest(table.frame + table.rules(of: table.chains)),
      try chainStates(ofTable: table.name) == table.chains.map({ ChainState($0) })
    else { return nil }
    let rules = try ruleStates(ofTable: table.name)
    let changed = table.chains.filter { chain in
      let found = rules.filter { $0.chain == chain.name }
      return found.count != chain.rules.count
        || zip(found, chain.rules).contains { found, rule in found.digest != rule.digest(in: chain, of: table) }
    }
    return changed.contains { $0.rules.contains { $0.statements.contains { $0.looksUp } } } ? nil : changed
  }

  /// Whether it is as it was made.
  public mutating func holds(_ table: FilterTable) throws(SystemError) -> Bool { try changedChains(of: table)?.isEmpty ?? false }

  /// The same of a port's guard, in the table that all of them share.
  public mutating func holds(_ guarded: PortGuard) throws(SystemError) -> Bool {
    guard let found = try table(PortGuard.table, .netdev), found.isPlain else { return false }
    guard try chainStates(ofTable: PortGuard.table, .netdev).contains(where: { $0.name == guarded.link && $0.dropsByDefault }) else {
      return false
    }
    let rules = try ruleStates(ofTable: PortGuard.table, .netdev).filter { $0.chain == guarded.link }
    let wanted = guarded.digests
    guard rules.count == wanted.count else { return false }
    for (rule, digest) in zip(rules, wanted) where rule.digest != digest { return false }
    return true
  }
}
