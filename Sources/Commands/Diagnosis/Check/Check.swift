internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// One run of `vpn check`: what it has found, and what it has made and must take away.
final class Check {
  private var installation: Installation
  private(set) var findings: [Finding] = []
  private var linked: [VPNName] = []

  init(on installation: Installation) {
    self.installation = installation
    self.installation.helper.isQuiet = true
  }

  /// - Parameter name: otherwise all VPNs that are linked, and if none is, the default one.
  func run(_ name: VPNName?) throws(Failure) {
    do throws(Failure) { try look(name) } catch {
      tidyUp()
      throw error
    }
    tidyUp()
  }

  private func look(_ name: VPNName?) throws(Failure) {
    let installed = try InstallationFacts.gather(installation).findings
    findings += installed
    var reports: [Report]
    do throws(Failure) { reports = try installation.helper.show() } catch {
      guard error.status != .interrupted else { throw error }
      var found = Findings(.installation)
      // Usually the reason is told already, with what fixes it.
      if installed.contains(where: { $0.severity == .problem }) {
        found.note("vpn-link", "the rest can be looked at when that is fixed")
      } else {
        found.problem("vpn-link", "vpn-link does not answer: \(error.inOneLine)", why: "nothing works without it", fix: installAgain)
      }
      findings += found.all
      return
    }
    let names = chosen(name, reports)
    let profiles = try ProfileFacts.gather(installation, reports, names).findings
    // Linking may fix these.
    let pins = try HostFacts.gather(installation, reports).pinFindings
    var used: [Finding] = []
    // From here on there is something to be taken away.
    Interrupt.remember()
    for name in names.compactMap({ VPNName($0) }) where reports.contains(where: { $0.vpn?.name == name.description }) {
      used += try use(name)
    }
    reports = try installation.helper.show()
    let host = try HostFacts.gather(installation, reports).findings
    used += reports.compactMap(\.vpn).filter { names.contains($0.name) }.flatMap(\.exceptionFindings)
    var outside = Findings(.host)
    for entry in installation.processes.outside() {
      outside.note("exceptions", "\(entry.command) (pid \(entry.pid)) runs outside all VPNs (vpnrun --direct)")
    }
    used += outside.all
    findings += KernelFacts.gather(reports).findings + profiles + pins + host + used
    if Interrupt.happened { throw .interrupted }
  }

  private func chosen(_ name: VPNName?, _ reports: [Report]) -> [String] {
    if let name { return [name.description] }
    let linked = reports.compactMap(\.vpn).filter(\.linked).map(\.name)
    let unreadable = reports.filter { $0.vpn == nil }.map(\.name)
    return (linked.isEmpty ? reports.compactMap(\.vpn?.name).prefix(1) : linked[...]) + unreadable
  }

  /// The tunnel, a command's view, and the proof.
  private func use(_ name: VPNName) throws(Failure) -> [Finding] {
    let helper = installation.helper
    var tunnel = TunnelFacts(vpn: try helper.show(name), linking: .before, now: Clock.now)
    if !tunnel.vpn.linked {
      var notes: [String] = []
      do throws(Failure) {
        // Known before it is there: an interrupted one is taken away, too.
        linked.append(name)
        _ = try HelperChange(verb: .link, name: name).perform(on: installation, notes: &notes)
        tunnel.linking = .forThisCheck
      } catch {
        guard error.status != .interrupted else { throw error }
        linked.removeLast()
        tunnel.linking = .refused(error.inOneLine, fix: fix(for: error.inOneLine, name))
        return tunnel.findings
      }
    }
    guard tunnel.vpn.box else { return try useHostTunnel(name, tunnel) }
    let inside: Inside
    let view: InsideView
    do throws(Failure) {
      inside = try Inside(name, vpnrun: installation.vpnrun, manage: installation.program("vpn-manage"))
      guard let seen = try inside.ask(.view(outside: Process.id)).view else { throw Failure("the probe sees nothing") }
      view = seen
    } catch {
      guard error.status != .interrupted else { throw error }
      tunnel.launchError = error.inOneLine
      return tunnel.findings
    }
    defer { inside.end() }
    let host = try installation.hostView()
    let ways = host.ways.first { $0.name == name.description }
    tunnel.serversOutOfReach = ways?.serversOutOfReach ?? []
    tunnel.endpointsWithoutRoute = try ways.map { ways throws(Failure) in try endpointsWithoutRoute(ways, host) } ?? []
    if tunnel.endpointsWithoutRoute.isEmpty {
      tunnel.vpn = try Progress.saying("waiting for \(name)'s server") { () throws(Failure) in try awaitHandshake(name, inside, ways) }
    }
    tunnel.now = Clock.now
    var findings: [Finding] = []
    let passes = tunnel.hasHandshake && tunnel.endpointsWithoutRoute.isEmpty
    if passes {
      let vpn = tunnel.vpn
      tunnel.path = try Progress.saying("looking for the path's MTU") { () throws(Failure) in try pathMTU(vpn, inside) }
      for server in vpn.dns where !tunnel.serversOutOfReach.contains(where: { $0.description == server }) {
        let answers = try Progress.saying("asking \(server)") { () throws(Failure) in
          try inside.isAnswered(.query(server: server, milliseconds: 2000))
        }
        tunnel.servers.append(.init(address: server, answers: answers))
      }
      let proof = Proof(installation: installation, name: name, vpn: vpn, inside: inside)
      findings = try Progress.saying("measuring where packets go") { () throws(Failure) in try proof.facts(before: view) }.findings
    } else {
      var found = Findings(.proof, vpn: name.description)
      found.note("leak", "where packets go was not measured, since none pass")
      findings = found.all
    }
    let attached = Attached(installation: installation, name: name, vpn: try helper.show(name), sends: passes)
    findings += try Progress.saying("looking into what is attached") { () throws(Failure) in try attached.findings() }
    return tunnel.findings + ResolverFacts.gather(tunnel.vpn, view).findings + findings
  }

  /// One without a box: nothing runs in it, and which packets go there is this machine's own matter.
  private func useHostTunnel(_ name: VPNName, _ tunnel: TunnelFacts) throws(Failure) -> [Finding] {
    var tunnel = tunnel
    let end = Clock.milliseconds + TunnelFacts.handshakeSeconds * 1000
    repeat {
      tunnel.vpn = try installation.helper.show(name)
      tunnel.now = Clock.now
      if tunnel.hasHandshake || !tunnel.vpn.broken.isEmpty { break }
      Clock.sleep(milliseconds: 200)
    } while Clock.milliseconds < end
    return tunnel.findings
  }

  private func fix(for error: String, _ name: VPNName) -> String {
    guard error.contains("no WireGuard") || error.contains("wireguard-go") else { return "sudo vpn edit \(name)" }
    return KernelFacts.gather([]).findings.first { $0.check == "wireguard" }?.fix ?? "sudo vpn link \(name)"
  }

  /// Those of the peers, if the kernel has a way to none of them. A peer without an endpoint may come to us at any time.
  private func endpointsWithoutRoute(_ ways: Ways, _ host: HostView<Failure>) throws(Failure) -> [String] {
    var without: [String] = []
    for peer in ways.peers {
      guard let address = peer.endpoint.flatMap({ IPAddress(host: $0) }) else { return [] }
      guard try host.ask(HostRoutes.Packet(destination: address, mark: ways.fwmark)) == nil else { return [] }
      if !without.contains(address.description) { without.append(address.description) }
    }
    return without
  }

  private func awaitHandshake(_ name: VPNName, _ inside: Inside, _ ways: Ways?) throws(Failure) -> Report.VPN {
    let end = Clock.milliseconds + TunnelFacts.handshakeSeconds * 1000
    var vpn = try installation.helper.show(name)
    let lost = ways?.serversOutOfReach.map(\.description) ?? []
    let server = vpn.dns.first { !lost.contains($0) }
    let network = ways?.peers.flatMap(\.allowedIPs).first { $0.length > 0 }.map { ($0.isHost ? $0.address : $0.gateway).description }
    while true {
      // Something must be sent, or there is no reason for a handshake.
      _ = try inside.ask(.send(.udp, to: server ?? network ?? Proof.nowhere.v4, count: 1, size: 1))
      vpn = try installation.helper.show(name)
      if TunnelFacts(vpn: vpn, linking: .before, now: Clock.now).hasHandshake || Clock.milliseconds > end { return vpn }
      Clock.sleep(milliseconds: 50)
    }
  }

  private func pathMTU(_ vpn: Report.VPN, _ inside: Inside) throws(Failure) -> TunnelFacts.PathMTU {
    guard let mtu = vpn.mtu else { return .unanswered }
    for server in vpn.dns {
      let start = Clock.milliseconds
      guard try inside.ask(.echo(server, size: 100, milliseconds: 1500)).isAnswered else { continue }
      let patience = Int32(max(300, 4 * (Clock.milliseconds - start)))
      func passes(_ size: Int) throws(Failure) -> Bool {
        try inside.isAnswered(.echo(server, size: size, milliseconds: patience))
      }
      if try passes(mtu) { return .whole }
      var (low, high) = (100, mtu)
      while high - low > 4 {
        let middle = (low + high) / 2
        if try passes(middle) { low = middle } else { high = middle }
      }
      return .smaller(low)
    }
    return .unanswered
  }

  /// Whoever began to use it meanwhile keeps it.
  private func tidyUp() {
    for name in linked {
      do throws(Failure) { try installation.helper.unlink(name, force: false, verbose: false) } catch {
        var found = Findings(.tunnel, vpn: name.description)
        found.note("link", "it stays linked: \(error.inOneLine)")
        findings += found.all
      }
    }
    linked = []
  }
}
