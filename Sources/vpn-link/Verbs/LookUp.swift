internal import CLinux
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// Says where the host names of a profile's endpoints are now, by /etc/hosts or asking the servers of the network outside: `HOST=ADDRESS`
/// lines. While a VPN
/// is up all queries go through it, and if it has lost its peer because that has moved, nothing could find it again.
///
/// Sockets with the tunnel's mark are made first; whatever is sent or received is so without any capability.
func lookUp(_ name: VPNName, _ session: inout Session) throws(Failure) {
  let profile = try session.numbered(name)
  try Caller.mustBeAllowed(name, profile)
  let mark = VPN(name: name, id: try profile.id(of: name), profile: profile, peers: []).device.fwmark
  var hosts: [DomainName] = []
  for peer in profile.peers {
    if case .name(let host, _) = peer.endpoint, !hosts.contains(host) { hosts.append(host) }
  }
  guard !hosts.isEmpty else { return }
  let sockets = outsideServers().compactMap { server in
    try? Capabilities.raise(.netAdmin) { () throws(SystemError) in try DatagramSocket(to: server.bytes, port: 53, mark: mark) }
  }
  try attempting("give up capabilities") { () throws(SystemError) in try Capabilities.dropAll() }

  let list = try attempting("read /etc/hosts") { () throws(SystemError) in try Files.content(of: "/etc/hosts", limit: 1 << 24) } ?? []
  for host in hosts {
    // Of two ways the IPv6 one.
    let families = [IPFamily.v6, .v4]
    let listed = hostAddresses(of: Array(host.description.utf8), in: list).filter { $0.isUnicast }
    let answers = families.flatMap { family in
      listed.isEmpty ? ask(sockets, host, family) : listed.filter { $0.family == family }
    }
    if let found = answers.first(where: { (try? session.host.route.route(to: $0, fwmark: mark)) != nil }) {
      say("\(host)=\(found)\n", to: 1)
    }
  }
}

/// The first answer of any server within two seconds.
private func ask(_ sockets: [DatagramSocket], _ host: DomainName, _ family: IPFamily) -> [IPAddress] {
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

/// The network's own: what resolv.conf(5) has, or had before another program put itself in its place.
private func outsideServers() -> [IPAddress] {
  var servers: [IPAddress] = []
  for path in ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf"] {
    guard let text = try? FileDescriptor.open(path, O_RDONLY).readAll(limit: 65536) else { continue }
    for line in text.split(separator: 0x0a) {
      let words = line.split { $0 == 0x20 || $0 == 0x09 }
      guard words.count >= 2, words[0].equals("nameserver"), let server = IPAddress(words[1]), server.isUnicast, !servers.contains(server)
      else {
        continue
      }
      servers.append(server)
    }
  }
  return Array(servers.prefix(4))
}
