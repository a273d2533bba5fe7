internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// Where the host names of a profile's endpoints are, by /etc/hosts or asking the servers of the network outside.
struct NameLookUp {
  let hosts: [DomainName]
  /// What stands in /etc/hosts.
  private let list: [UInt8]
  private let sockets: [DatagramSocket]

  /// Sockets with the tunnel's mark; for what is sent or received by them later no capability is needed, and none should be there.
  init(_ profile: Profile) throws(Failure) {
    var hosts: [DomainName] = []
    for peer in profile.peers {
      if case .name(let host, _) = peer.endpoint, !hosts.contains(host) { hosts.append(host) }
    }
    self.hosts = hosts
    list = try attempting("read /etc/hosts") { () throws(SystemError) in try Files.content(of: "/etc/hosts", limit: 1 << 24) } ?? []
    let mark = profile.tunnelMark
    let servers = hosts.isEmpty ? [] : Self.servers()
    sockets = servers.compactMap { server in
      try? Capabilities.raise(.netAdmin) { () throws(SystemError) in try DatagramSocket(to: server.bytes, port: 53, mark: mark) }
    }
  }

  /// Of two ways the IPv6 one comes first.
  func addresses(of host: DomainName) -> [IPAddress] {
    let listed = hostAddresses(of: Array(host.description.utf8), in: list).filter { $0.isUnicast }
    return [IPFamily.v6, .v4].flatMap { family in listed.isEmpty ? ask(host, family) : listed.filter { $0.family == family } }
  }

  /// The first answer of any server within two seconds.
  private func ask(_ host: DomainName, _ family: IPFamily) -> [IPAddress] {
    guard let id = try? randomNumber() else { return [] }
    let query = NameQuery(id: id, name: Array(host.description.utf8), family: family)
    for turn in 0..<20 where !sockets.isEmpty {
      for socket in sockets {
        if turn % 10 == 0 { try? socket.send(query.bytes) }
        let wait = Int32(100 / sockets.count)
        if let message = socket.receive(milliseconds: wait), let addresses = query.addresses(in: message) { return addresses }
      }
    }
    return []
  }

  /// The network's own: what resolv.conf(5) has, or had before another program put itself in its place. One on this machine only where there
  /// is no other: while a VPN is up, it asks through that, and while one is waited for (`Block`), it is refused.
  private static func servers() -> [IPAddress] {
    var servers: [IPAddress] = []
    var own: [IPAddress] = []
    for path in CommandResolvers.files {
      guard let text = try? FileDescriptor.open(path, FileDescriptor.readOnly).readAll(limit: 65536) else { continue }
      for line in text.split(separator: 0x0a) {
        guard let server = CommandResolvers.server(in: line).flatMap({ IPAddress($0) }) else { continue }
        if server.isUnicast, !servers.contains(server) { servers.append(server) }
        if server.isLoopback, !own.contains(server) { own.append(server) }
      }
    }
    return Array((servers.isEmpty ? own : servers).prefix(4))
  }
}

/// From a child without capabilities: `HOST=ADDRESS` lines.
extension NameLookUp {
  var answer: String {
    var text = ""
    for host in hosts {
      for address in addresses(of: host) { text += "\(host)=\(address)\n" }
    }
    return text
  }

  /// Of names that were asked for.
  func read(_ answer: [UInt8]) -> [HelperRequest.HostAddress] {
    answer.split(separator: 0x0a).compactMap { line in
      let words = line.split(separator: 0x3d)
      guard words.count == 2, hosts.contains(where: { words[0].elementsEqual($0.description.utf8) }), let address = IPAddress(words[1]),
        address.isUnicast
      else { return nil }
      return HelperRequest.HostAddress(host: Array(words[0]), address: address)
    }
  }
}
