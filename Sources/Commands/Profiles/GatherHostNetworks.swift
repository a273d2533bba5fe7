internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

extension HostNetwork {
  /// Those of all links but loopback; none that are link-local, which every link has.
  static func all() throws(SystemError) -> [HostNetwork] {
    try LinkAddress.all().compactMap { entry in
      guard let address = IPAddress(bytes: entry.address), !address.isLoopback, !address.isLinkLocal else { return nil }
      let length = entry.mask.reduce(0) { $0 + UInt8($1.nonzeroBitCount) }
      return HostNetwork(link: ByteString(entry.link), prefix: Prefix(address, length: length))
    }
  }
}
