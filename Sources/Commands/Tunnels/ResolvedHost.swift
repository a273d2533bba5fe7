internal import LinuxSystem
internal import NetworkModel

/// What a host name in a profile stands for now.
struct ResolvedHost: Equatable {
  var host: String
  var address: IPAddress
}

extension ResolvedHost {
  init(resolving host: String) throws(Failure) {
    let bytes: [UInt8]?
    do throws(ResolverError) { bytes = try firstAddress(of: host) } catch {
      throw Failure("cannot resolve \(printable(host)): \(error.reason)")
    }
    guard let bytes, let address = IPAddress(bytes: bytes) else { throw Failure("cannot resolve \(printable(host)): it has no address") }
    self.host = host
    self.address = address
  }
}
