internal import NetworkModel

/// `vpn-link`, the only program here that may change the kernel. It is asked by name and answers in JSON; its standard
/// error is the user's.
struct Helper {
  let path: String

  /// vpn-link's way to say that the kernel has no WireGuard and no userspace device waits for it.
  private static let noWireGuard: Int32 = 4

  enum LinkResult: Equatable { case linked, noWireGuard }

  /// All VPNs, or one.
  func show(_ name: VPNName? = nil) throws(Failure) -> [Report] {
    let ended = try run(["show"] + (name.map { [$0.description] } ?? []), output: .captured)
    guard ended.status == 0 else { throw .alreadySaid }
    return try Report.decode(ended.output)
  }

  /// One VPN whose profile can be read.
  func show(_ name: VPNName) throws(Failure) -> Report.VPN {
    switch try show(Optional(name)).first {
    case .vpn(let vpn): return vpn
    case .unreadable(_, let error): throw Failure(printable(error))
    case nil: throw Failure("\(path) says nothing about '\(name)'")
    }
  }

  func link(_ name: VPNName, resolved: [ResolvedHost], verbose: Bool) throws(Failure) -> LinkResult {
    let hosts = resolved.flatMap { ["--resolved", "\($0.host)=\($0.address)"] }
    switch try run(["link", name.description] + (verbose ? ["-v"] : []) + hosts, output: .inherited).status {
    case 0: return .linked
    case Self.noWireGuard: return .noWireGuard
    default: throw .alreadySaid
    }
  }

  func down(_ name: VPNName, force: Bool, verbose: Bool) throws(Failure) {
    let options = (force ? ["--force"] : []) + (verbose ? ["-v"] : [])
    guard try run(["down", name.description] + options, output: .inherited).status == 0 else { throw .alreadySaid }
  }

  private func run(_ arguments: [String], output: Child.Output) throws(Failure) -> (status: Int32, output: [UInt8]) {
    let ended: Child.Ended
    do throws(SystemError) { ended = try Child(path, arguments, output: output).run() } catch { throw refusal(error) }
    switch ended.how {
    case .exit(let status): return (status, ended.output)
    case .interrupted: throw .interrupted
    case .signal(let number): throw Failure("\(path) was ended by signal \(number)")
    }
  }

  private func refusal(_ error: SystemError) -> Failure {
    switch error {
    case .permissionDenied where !User.isRoot:
      let user = User.name(of: User.current) ?? "USER"
      return Failure("VPNs are for members of group vpn: run `sudo adduser \(user) vpn`, then log in again")
    case .notFound: return Failure("\(path) is missing: install vpnrun with `sudo make install`, which puts it there")
    default: return Failure("cannot run \(path): \(error)")
    }
  }
}
