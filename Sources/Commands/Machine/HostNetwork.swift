internal import Diagnosis
internal import Glibc
internal import NetworkModel

extension HostNetwork {
  /// Those of all links but loopback; none that are link-local, which every link has.
  static func all() throws(SystemError) -> [HostNetwork] {
    var first: UnsafeMutablePointer<ifaddrs>?
    try SystemError.check { unsafe getifaddrs(&first) }
    defer { unsafe freeifaddrs(first) }
    var found: [HostNetwork] = []
    var next = unsafe first
    while let entry = unsafe next?.pointee {
      unsafe next = entry.ifa_next
      guard let own = unsafe entry.ifa_addr, let mask = unsafe entry.ifa_netmask, let address = unsafe IPAddress(in: own),
        let bits = unsafe IPAddress(in: mask)?.bytes, !address.isLoopback, !address.isLinkLocal
      else { continue }
      let length = bits.reduce(0) { $0 + UInt8($1.nonzeroBitCount) }
      found.append(HostNetwork(link: unsafe String(cString: entry.ifa_name), prefix: Prefix(address, length: length)))
    }
    return found
  }
}
