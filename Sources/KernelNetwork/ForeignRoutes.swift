internal import CLinux
public import LinuxSystem
public import Netlink
internal import NetworkModel

extension NetlinkSocket {
  /// Whether another program has a route of any kind in that table.
  public mutating func hasForeignRoutes(inTable table: UInt32) throws(SystemError) -> Bool {
    for family in IPFamily.allCases {
      let isForeign = try answers(aboutTable: table, family).contains { message in
        guard message.type == n(RTM_NEWROUTE), let header = message.header(rtmsg.self), header.rtm_protocol != Route.protocolNumber,
          header.rtm_flags & UInt32(RTM_F_CLONED) == 0
        else { return false }
        let number = message.attributes(after: rtmsg.self).first { $0.type == n(RTA_TABLE) }?.uint32
        return number ?? UInt32(header.rtm_table) == table
      }
      if isForeign { return true }
    }
    return false
  }
}
