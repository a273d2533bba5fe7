internal import LinuxSystem
internal import NetworkModel

/// What a host name in a profile stands for now.
struct ResolvedHost: Equatable {
  var host: String
  var address: IPAddress
}

extension [ResolvedHost] {
  /// All that the name stands for, in the resolver's order; at least one. vpn-link takes the first that has a route outside.
  init(resolving host: String) throws(Failure) {
    let found: [[UInt8]]
    do throws(ResolverError) { found = try LinuxSystem.addresses(of: host) } catch {
      throw Failure("cannot resolve \(printable(host)): \(error.reason)")
    }
    let all = found.compactMap { IPAddress(bytes: $0) }
    // Of others vpn-link would take none.
    let usable = all.filter(\.isUnicast)
    self = (usable.isEmpty ? all : usable).map { ResolvedHost(host: host, address: $0) }
    if isEmpty { throw Failure("cannot resolve \(printable(host)): it has no address") }
  }
}
