internal import CLinux
public import LinuxSystem
public import Netlink
public import NetworkModel

extension NetlinkSocket {
  /// - Returns: whether there is a table of family inet and that name.
  public mutating func hasTable(_ name: ByteString) throws(SystemError) -> Bool {
    do throws(SystemError) {
      _ = try get(nft(NFT_MSG_GETTABLE, flags: 0) { $0.attribute(n(NFTA_TABLE_NAME), text: name) })
      return true
    } catch {
      if error.errno == ENOENT { return false }
      throw error
    }
  }
}
