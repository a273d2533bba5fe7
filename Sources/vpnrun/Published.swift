internal import LinuxSystem
internal import NetworkModel

/// Ports of this machine that are handed on to the command, by a process beside it.
enum Published {
  /// Listens, before anything is made.
  /// - Returns: a descriptor by which vpn-launch tells it where the command is; `nil` if there are none.
  static func relay(_ request: RunRequest, _ name: VPNName) throws(Failure) -> Int32? {
    if request.published.isEmpty { return nil }
    let ports = request.published.map {
      RelayedPort(isStream: $0.target.transport == .tcp, address: $0.address.bytes, port: $0.port, target: $0.target.port)
    }
    do throws(RelayFailure) { return try RelayProcess.start(ports, link: name.description) } catch {
      guard let number = error.port, number < request.published.count else { throw Failure("cannot publish ports: \(error.cause)") }
      let port = request.published[number]
      let place = port.address.family == .v4 ? "\(port.address)" : "[\(port.address)]"
      throw Failure("cannot publish port \(port.port) of \(place)/\(port.target.transport.name): \(error.cause)")
    }
  }
}
