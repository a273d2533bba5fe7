// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

/// An address that one of this machine's links has.
public struct LinkAddress {
  public let link: String
  /// In network order, 4 or 16 bytes.
  public let address: [UInt8]
  public let mask: [UInt8]

  public static func all() throws(SystemError) -> [LinkAddress] {
    var first: UnsafeMutablePointer<ifaddrs>?
    try SystemError.check(unsafe getifaddrs(&first), "getifaddrs")
    defer { unsafe freeifaddrs(first) }
    var found: [LinkAddress] = []
    var next = unsafe first
    while let entry = unsafe next?.pointee {
      unsafe next = entry.ifa_next
      guard let own = unsafe entry.ifa_addr, let mask = unsafe entry.ifa_netmask, let address = unsafe addressBytes(in: own),
        let bits = unsafe addressBytes(in: mask)
      else { continue }
      found.append(LinkAddress(link: unsafe String(cString: entry.ifa_name), address: address, mask: bits))
    }
    return found
  }
}
#endif
