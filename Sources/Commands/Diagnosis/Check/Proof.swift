internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

/// Measures where a command's packets go.
struct Proof {
  let installation: Installation
  let name: VPNName
  let vpn: Report.VPN
  let inside: Inside
  /// Addresses that no machine has (RFC 5737, RFC 3849): what goes there through the tunnel concerns nobody.
  static let nowhere = (v4: "192.0.2.1", v6: "2001:db8::1")

  /// How many packets a burst has.
  private static let burst = 32

  func facts(before: InsideView) throws(Failure) -> ProofFacts {
    let links = try HostFacts.linkEntries().filter { $0.name != "lo" }
    // One that is the way out sends all of it.
    let others = links.map(\.name).filter { $0 != vpn.link }
    let counter = installation.isRoot ? try StrayCounter(on: others, addresses: Self.nowhere) : nil
    let (sent, first) = try sendAll()
    var burst = first
    // Others' packets may have come between.
    for _ in 0..<2 where counter == nil {
      guard let now = burst, (now.growth.values.max() ?? 0) >= 2 * now.bytes else { break }
      burst = try sendAll().burst
    }
    var isCaptured: Bool?
    if vpn.dns.contains(where: { !$0.contains(":") }) {
      isCaptured = try inside.ask(.query(server: Self.nowhere.v4, milliseconds: 2000)).isAnswered
    }
    let attempts = try tryEscapes(links)
    let canBind = try inside.ask(.bindToLink("eth0")).error == nil
    guard let after = try inside.ask(.view(outside: Process.id)).view else { throw Failure("the probe sees nothing") }
    let stray = try counter?.packets()
    counter?.end()
    let box = installation.isRoot ? decoded([LinkEntry].self, try Look.says("ip", ["-n", Names.namespace(name), "-j", "link"])) : nil
    return ProofFacts(
      vpn: vpn, pid: inside.pid, before: before, after: after, sent: sent, isQueryCaptured: isCaptured, attempts: attempts,
      canBind: canBind, others: try commands(), burst: burst, stray: stray ?? nil, boxLinks: box?.map(\.name))
  }

  func sendAll() throws(Failure) -> (sent: [ProofFacts.Sent], burst: ProofFacts.Burst?) {
    var all: [ProofFacts.Sent] = []
    var burst: ProofFacts.Burst?
    // With room for headers in the smallest tunnel.
    let size = min(1000, (vpn.mtu ?? 1280) - 100)
    for (family, address, header) in [("IPv4", Self.nowhere.v4, 20), ("IPv6", Self.nowhere.v6, 40)] {
      for (kind, what, count, contents) in [
        (ProbeSocket.Kind.udp, "UDP", Self.burst, size + 8), (.tcp, "TCP", 1, 20), (.icmp, "ping", 4, 64 + 8),
      ] {
        let linksBefore = kind == .udp ? try HostFacts.linkEntries() : []
        let before = try tunnelBytes()
        let reply = try inside.ask(.send(kind, to: address, count: count, size: contents - 8))
        let bytes = UInt64(reply.count * (contents + header))
        let growth = try growth(since: before, awaiting: reply.count > 0 ? bytes : 0)
        all.append(
          .init(kind: what, family: family, bytes: bytes, error: reply.error, growth: growth, isReset: reply.isReset))
        guard kind == .udp, burst == nil, growth >= bytes, bytes > 0 else { continue }
        burst = ProofFacts.Burst(bytes: bytes, growth: Self.growth(linksBefore, try HostFacts.linkEntries(), without: vpn.link))
      }
    }
    return (all, burst)
  }

  private func tunnelBytes() throws(Failure) -> UInt64 {
    if let link = vpn.link { return try HostFacts.linkEntries().first { $0.name == link }?.statistics?.tx.bytes ?? 0 }
    return try installation.helper.show(name).peers.reduce(0) { $0 &+ $1.txBytes }
  }

  /// What the tunnel has sent; it may take a moment.
  private func growth(since before: UInt64, awaiting bytes: UInt64) throws(Failure) -> UInt64 {
    let end = Clock.milliseconds + 1000
    while true {
      let growth = try tunnelBytes() &- before
      if Interrupt.happened { throw .interrupted }
      if growth >= bytes || Clock.milliseconds > end { return growth }
      Clock.sleep(milliseconds: 20)
    }
  }

  private static func growth(_ before: [LinkEntry], _ after: [LinkEntry], without way: String?) -> [String: UInt64] {
    var growth: [String: UInt64] = [:]
    for link in after where !link.isOurs && link.name != "lo" && link.name != way {
      guard let old = before.first(where: { $0.name == link.name })?.statistics, let new = link.statistics else { continue }
      growth[link.name] = new.tx.bytes &- old.tx.bytes
    }
    return growth
  }

  private func tryEscapes(_ links: [LinkEntry]) throws(Failure) -> [ProofFacts.Attempt] {
    var attempts: [ProofFacts.Attempt] = []
    // The command's own link may have the name of one of the host's.
    let names = links.map(\.name).filter { $0 != "eth0" }
    var refusal: String? = "there is none"
    for name in names {
      refusal = try inside.ask(.bindToLink(name)).error
      if refusal == nil { break }
    }
    attempts.append(.init(what: "bind to a link of the host's", error: refusal))
    if let address = try hostAddress() {
      let error = try inside.ask(.sendAs(address, to: Self.nowhere.v4)).error
      attempts.append(.init(what: "send with the host's address", error: error))
    }
    let socket = "vpnrun-check-\(Process.id)"
    if let listening = try? AbstractSocket.listening(socket), (try? AbstractSocket.connected(to: socket)) != nil {
      attempts.append(.init(what: "reach an abstract socket outside", error: try inside.ask(.connectAbstract(socket)).error))
      _ = listening.raw
    }
    return attempts
  }

  /// An IPv4 address that the host has and the VPN does not.
  private func hostAddress() throws(Failure) -> String? {
    let entries = decoded([AddressEntry].self, try Look.says("ip", ["-j", "-4", "address"])) ?? []
    let own = vpn.addresses.compactMap { Prefix($0)?.address }
    return entries.filter { $0.name != "lo" }.flatMap(\.addresses).map(\.local).first { text in
      IPAddress(text).map { !own.contains($0) } ?? false
    }
  }

  /// The other commands in the VPN, as far as they can be seen. What is attached is looked into by itself.
  private func commands() throws(Failure) -> [ProofFacts.Command] {
    try installation.helper.show(name).commands.filter { $0.pid != inside.pid && !$0.attached }.compactMap { command in
      guard let text = Look.text("/proc/\(command.pid)/net/dev") else { return nil }
      let links = ProofFacts.counters(text).keys.sorted()
      // Its number is another process's by now, outside.
      return links.contains(vpn.name) ? nil : .init(pid: command.pid, links: links)
    }
  }
}
