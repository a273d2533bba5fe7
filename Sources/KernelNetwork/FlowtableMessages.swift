internal import CLinux
internal import Netlink
internal import NetworkModel

extension Flowtable {
  func creation(in table: FilterTable) -> Request {
    nft(NFT_MSG_NEWFLOWTABLE, flags: n(NLM_F_CREATE)) { p in
      p.attribute(n(NFTA_FLOWTABLE_TABLE), text: table.name)
      p.attribute(n(NFTA_FLOWTABLE_NAME), text: name)
      p.nested(n(NFTA_FLOWTABLE_HOOK)) { p in
        // NF_NETDEV_INGRESS of linux/netfilter.h.
        p.attribute(n(NFTA_FLOWTABLE_HOOK_NUM), UInt32(0).bigEndian)
        p.attribute(n(NFTA_FLOWTABLE_HOOK_PRIORITY), UInt32(0).bigEndian)
        p.nested(n(NFTA_FLOWTABLE_HOOK_DEVS)) { p in
          for link in links { p.attribute(n(NFTA_DEVICE_NAME), text: link) }
        }
      }
    }
  }
}

extension Payload {
  mutating func offload(to flowtable: ByteString) {
    expression("flow_offload") { $0.attribute(n(NFTA_FLOW_TABLE_NAME), text: flowtable) }
  }
}
