internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// Looks into what was attached to a VPN, and at services in it.
struct Attached {
  let installation: Installation
  let name: VPNName
  let vpn: Report.VPN
  /// Whether the tunnel takes packets now.
  let sends: Bool

  func findings() throws(Failure) -> [Finding] {
    let services = installation.services().filter { $0.vpn == name.description }
    let inBox = try installation.helper.examine(name)
    guard !services.isEmpty || !inBox.isEmpty else { return [] }
    let table = installation.processes
    let networks = table.byNetwork().values.map { pids in (pids: pids, addresses: table.addresses(of: pids[0])) }
    let attached = vpn.commands.filter(\.attached)
    let (units, running) = try look(services, attached, networks.map { (Set($0.pids), $0.addresses) })
    var found: [Finding] = []
    var left = inBox
    for command in attached {
      let own = left.firstIndex { $0.label == command.command }.map { left.remove(at: $0) }
      let pid = networks.first { $0.addresses.contains(command.address) }?.pids.first
      let plain = own ?? Examination(label: command.command, lost: [])
      // Services are root's; any member may have chosen the same label.
      let isUnit = command.uid == 0 && units.contains(command.command)
      found += try facts(plain, pid, unit: isUnit ? command.command : nil).findings
    }
    return found + running.flatMap(\.findings)
  }

  private func facts(_ inBox: Examination, _ pid: Int32?, unit: String?) throws(Failure) -> AttachedFacts {
    var facts = AttachedFacts(vpn: vpn, examination: inBox, pid: pid, unit: unit)
    guard let pid, let namespace = try? openNamespace(pid: pid, netns: nil) else { return facts }
    facts.isRoots = Look.text("/proc/\(pid)/uid_map") == Look.text("/proc/self/uid_map")
    do throws(Failure) {
      guard let seen = try installation.helper.examine(name, namespace) else { return facts }
      facts.examination = seen
    } catch {
      guard error.status != .interrupted else { throw error }
      return facts
    }
    guard sends else { return facts }
    do throws(Failure) { try send(&facts, pid, namespace) } catch {
      guard error.status != .interrupted else { throw error }
      facts.error = error.inOneLine
    }
    return facts
  }

  /// By a program of ours that is in that network and in nothing else of it: its files and its processes are the host's.
  private func send(_ facts: inout AttachedFacts, _ pid: Int32, _ namespace: borrowing FileDescriptor) throws(Failure) {
    let inside = try Inside(
      entering: "/proc/\(Process.id)/fd/\(namespace.raw)", users: installation.isRoot ? nil : "/proc/\(pid)/ns/user",
      manage: installation.program("vpn-manage"))
    defer { inside.end() }
    let links = try HostFacts.linkEntries().filter { $0.name != "lo" }.map(\.name)
    let counter = installation.isRoot ? try StrayCounter(on: links, addresses: Proof.nowhere) : nil
    defer { counter?.end() }
    let proof = Proof(installation: installation, name: name, vpn: vpn, inside: inside)
    facts.sent = try proof.sendAll().sent
    if vpn.dns.contains(where: { !$0.contains(":") }) {
      facts.isQueryCaptured = try inside.isAnswered(.query(server: Proof.nowhere.v4, milliseconds: 2000))
    }
    facts.stray = try counter?.packets() ?? nil
  }

  /// - Returns: the units whose network is attached, and what is to be said of services.
  private func look(
    _ services: [ServiceReport], _ attached: [Report.Command], _ networks: [(pids: Set<Int32>, addresses: Set<String>)]
  ) throws(Failure) -> (units: Set<String>, running: [ServiceFacts]) {
    var units: Set<String> = []
    var running: [ServiceFacts] = []
    for service in services {
      for unit in try instances(of: service.unit) {
        units.insert(unit)
        let shown = try Look.says("systemctl", ["show", "--property=MainPID", "--value", "\(unit).service"])
        guard let shown else { continue }
        let pid = shown.split(separator: "\n").first.flatMap { Int32($0) }.flatMap { $0 > 0 ? $0 : nil }
        var facts = ServiceFacts(vpn: vpn, unit: unit, pid: pid)
        if let pid {
          facts.isInside = networks.first { $0.pids.contains(pid) }.map { network in
            attached.contains { network.addresses.contains($0.address) }
          }
          look(at: &facts, pid, service)
        }
        running.append(facts)
      }
    }
    return (units, running)
  }

  private func look(at facts: inout ServiceFacts, _ pid: Int32, _ service: ServiceReport) {
    var seen: [String: String] = [:]
    for (path, kind) in [("/etc/resolv.conf", "resolv"), ("/etc/nsswitch.conf", "nsswitch")] {
      facts.written[path] = Look.text("\(installation.units)/\(service.unit).service.d/50-vpnrun.\(kind)")
      seen[path] = Look.text("/proc/\(pid)/root\(path)")
    }
    facts.seen = installation.isRoot ? seen : nil
  }

  /// Of a template those that systemd knows.
  private func instances(of unit: String) throws(Failure) -> [String] {
    guard unit.hasSuffix("@") else { return [unit] }
    let listed = try Look.says("systemctl", ["list-units", "--plain", "--no-legend", "--state=active", "\(unit)*.service"]) ?? ""
    return listed.split(separator: "\n").compactMap { $0.split(separator: " ").first }.filter { $0.hasSuffix(".service") }.map {
      String($0.dropLast(8))
    }
  }
}
