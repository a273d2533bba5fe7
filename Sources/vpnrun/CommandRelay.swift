internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

/// The process beside the command: it hands ports of this machine on to it, and what the command sends to the LAN.
enum CommandRelay {
  /// Listens, before anything is made.
  /// - Returns: a descriptor by which vpn-launch tells it where the command is, `nil` if it is not needed; and what the LAN is.
  static func start(_ request: RunRequest, _ name: VPNName) throws(Failure) -> (Int32?, [LANDestination]) {
    let lan = try request.lan.map { wanted throws(Failure) in try destinations(wanted) } ?? []
    if request.published.isEmpty, lan.isEmpty { return (nil, []) }
    guard LaunchRequest.hasRoom(request.published, lan) else {
      throw Failure(
        "\(LANDestination.text(lan)) are too many networks for one command: --lan=192.168.1.7,192.168.2.0/24 names those that are meant")
    }
    let ports = request.published.map { RelayedPort($0) }
    let onward = LANRelay(
      lan.map { LANRelay.Destination(LinkNetwork($0.network), port: $0.port ?? 0) }, refusing: LANDestination.portsForNames)
    do throws(RelayFailure) {
      let channel = try RelayProcess.start(ports, link: name.description, lan: lan.isEmpty ? nil : onward, ends: .withThis) { alias in
        Occupant(alias: ByteString(alias))?.published.map { RelayedPort($0) } ?? []
      }
      return (channel, lan)
    } catch {
      guard let number = error.port, number < request.published.count else {
        throw Failure("cannot start the process for \(lan.isEmpty ? "--publish" : "--lan"): \(error.cause)")
      }
      throw Failure("cannot publish \(request.published[number].sentence): \(error.cause)")
    }
  }

  /// - Parameter wanted: empty: all of the LAN.
  private static func destinations(_ wanted: [LANDestination]) throws(Failure) -> [LANDestination] {
    if let vpn = Instance.vpn(of: .own) {
      throw Failure("--lan is about the networks of this machine's links, and this is a command of \(vpn): type it outside")
    }
    let all = try attempting("look at this machine's links") { () throws(SystemError) in try LinkNetwork.all() }
    var networks: [LANDestination] = []
    // Where something was named, what is there may come later.
    for network in all where network.isRunning || !wanted.isEmpty {
      guard let address = IPAddress(bytes: network.address) else { continue }
      let found = LANDestination(Prefix(address, length: UInt8(truncatingIfNeeded: network.length)))
      if found.isPrivate, !networks.contains(found) { networks.append(found) }
    }
    guard !networks.isEmpty else {
      throw Failure("this machine has no LAN for --lan: no link of it has a private network (192.168.0.0/16 and the like)")
    }
    for one in wanted where !networks.contains(where: { one.network.isWithin($0.network) }) {
      throw Failure("\(one.network) is in no network of this machine's links, which --lan reaches: \(LANDestination.text(networks))")
    }
    return wanted.isEmpty ? networks : wanted
  }
}

extension LinkNetwork {
  fileprivate init(_ prefix: Prefix) { self.init(address: prefix.address.bytes, length: Int(prefix.length)) }
}

extension RelayedPort {
  fileprivate init(_ port: PublishedPort) {
    self.init(isStream: port.target.transport == .tcp, address: port.address.bytes, port: port.port, target: port.target.port)
  }
}
