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
    var rest = userData
    while rest.count >= 2 {
      let (type, length) = (rest[rest.startIndex], Int(rest[rest.startIndex + 1]))
      guard rest.count >= 2 + length else { return nil }
      let value = rest.dropFirst(2).prefix(length)
      if type == 0 { return ByteString(value.prefix { $0 != 0 }) }
      rest = rest.dropFirst(2 + length)
    }
    return nil
  }
}

/// A table of family inet.
public struct TableState: Equatable, Sendable {
  public var comment: ByteString?
}

extension NetlinkSocket {
  /// - Returns: `nil` if there is no table of family inet and that name.
  public mutating func table(_ name: ByteString) throws(SystemError) -> TableState? {
    do throws(SystemError) {
      let answer = try get(nft(NFT_MSG_GETTABLE, flags: 0) { $0.attribute(n(NFTA_TABLE_NAME), text: name) })
      let data = answer.attributes(after: nfgenmsg.self).first { $0.type == n(NFTA_TABLE_USERDATA) }
      return TableState(comment: data.flatMap { TableComment.text(in: $0.value) })
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }

  /// The names of its chains; none if there is no such table.
  public mutating func chains(ofTable name: ByteString) throws(SystemError) -> [ByteString] {
    try dump(nft(NFT_MSG_GETCHAIN, flags: 0) { _ in }).compactMap { message in
      var table: ByteString?
      var chain: ByteString?
      for a in message.attributes(after: nfgenmsg.self) {
        switch a.type {
        case n(NFTA_CHAIN_TABLE): table = ByteString(a.value.prefix { $0 != 0 })
        case n(NFTA_CHAIN_NAME): chain = ByteString(a.value.prefix { $0 != 0 })
        default: break
        }
      }
      return table == name ? chain : nil
    }
  }
}
