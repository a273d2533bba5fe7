internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

extension Installation {
  func serviceFiles(_ typed: String, _ unit: String, _ ports: [String]) throws(Failure) -> [OwnFile] {
    let name = try profiles.find(typed)
    let unit = try ServiceUnit(unit)
    var known: [ServicePort] = []
    for port in ports {
      let port = try ServicePort(port)
      guard !known.contains(where: { $0.port == port.port }) else { throw Failure("port \(port.port) is named twice", status: .usage) }
      known.append(port)
    }
    guard known.isEmpty || !unit.name.contains("@") else {
      throw Failure("--port is not for templates and their instances: one port cannot be several services'", status: .usage)
    }
    let report = try helper.show(name)
    guard report.box else {
      throw Failure("\(name) has `Box = no`, so there is no box to run a service in: its link is for this machine's routes")
    }
    let nsswitch = (try? FileDescriptor(reading: "/etc/nsswitch.conf").readAll(limit: 65536)).flatMap {
      nsswitchWithoutForeignResolvers($0)
    }
    let prefix = vpnrun.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    return ServiceFiles(
      vpn: name, unit: unit, ports: known, program: prefix + "/vpn", proxy: proxy, resolvConf: report.resolvers.resolvConf,
      nsswitch: nsswitch.map { String(decoding: $0, as: UTF8.self) }
    ).all(in: units)
  }

  /// Debian 12 has it below /lib, which is a link there.
  private var proxy: String {
    let name = "systemd-socket-proxyd"
    return ["/usr/lib/systemd/", "/lib/systemd/"].map { $0 + name }.first { Files.exists($0) } ?? "/usr/lib/systemd/\(name)"
  }

  /// A file that was made here says so in its first line.
  func isForeign(_ path: String) -> Bool {
    guard FileStatus.of(path) != nil else { return false }
    return record(path) == nil
  }

  /// Of which VPN and unit a file is.
  func record(_ path: String) -> (vpn: String, unit: String)? {
    guard let bytes = try? FileDescriptor(readingWithoutWaiting: path).readAll(limit: 65536) else { return nil }
    let first = String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self)
    guard first.hasPrefix(ServiceFiles.mark) else { return nil }
    let words = first.dropFirst(ServiceFiles.mark.count).split(separator: " ")
    return words.count == 2 ? (String(words[0]), String(words[1])) : nil
  }

  func services() -> [ServiceReport] {
    let names = ((try? Files.list(units)) ?? []).sorted()
    return names.filter { $0.hasSuffix(".service.d") }.compactMap { folder in
      guard let found = record("\(units)/\(folder)/\(ServiceFiles.dropIn)"), found.unit + ".service.d" == folder else { return nil }
      let ports = names.filter { $0.hasPrefix("\(found.unit)-vpn-") && $0.hasSuffix(".socket") }.compactMap {
        socket -> ServiceReport.Port? in
        guard let own = record("\(units)/\(socket)"), own == found else { return nil }
        let text = (try? FileDescriptor(reading: "\(units)/\(socket)").readAll(limit: 65536)) ?? []
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("ListenStream=") }
        guard let port = try? ServicePort(String(lines.first?.dropFirst(13) ?? "")) else { return nil }
        return .init(address: lines.count == 1 ? port.address : nil, port: port.port)
      }
      return ServiceReport(unit: found.unit, vpn: found.vpn, ports: ports)
    }
  }

  /// All that was made for it, whichever VPN it was in.
  /// - Parameter kept: but for these.
  func removeService(_ unit: ServiceUnit, except kept: [OwnFile] = []) throws(Failure) {
    let place = "\(units)/\(unit.file).d"
    let inside = ((try? Files.list(place)) ?? []).map { "\(place)/\($0)" }
    let beside = ((try? Files.list(units)) ?? []).filter {
      $0.hasPrefix("\(unit.name)-vpn-") || $0 == unit.attachment
    }.map { "\(units)/\($0)" }
    for path in inside + beside where record(path)?.unit == unit.name && !kept.contains(where: { $0.path == path }) {
      try Failure.saying("cannot remove \(printable(path))") { () throws(SystemError) in try Files.remove(path) }
    }
    Files.removeEmptyFolder(place)
  }

  /// Where systemd looks, the system's own first.
  func knowsUnit(_ unit: ServiceUnit) -> Bool {
    var names = [unit.file]
    if let at = unit.name.firstIndex(of: "@") { names.append(unit.name[...at] + ".service") }
    let folders = [
      units, "/run/systemd/system", "/run/systemd/generator", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
      "/lib/systemd/system",
      "/run/systemd/generator.late",
    ]
    return folders.contains { folder in names.contains { Files.exists("\(folder)/\($0)") } }
  }

  /// - Parameter isUsers: that of the user.
  /// - Returns: what has to be done by hand.
  func reloadManager(isUsers: Bool = false) -> [String] {
    guard Files.exists("/run/systemd/system") else { return [] }
    let words = (isUsers ? ["--user"] : []) + ["daemon-reload"]
    let ended = try? Child("systemctl", words, output: .capturedWithErrors, environment: Child.ownEnvironment).run()
    return ended?.how == .exit(0) ? [] : ["systemd has not read it yet: `systemctl \(words.joined(separator: " "))`"]
  }
}

extension Report.VPN {
  /// What its commands ask for names.
  var resolvers: CommandResolvers {
    CommandResolvers(servers: dns.compactMap { IPAddress($0) }, search: search.map { ByteString($0) })
  }
}
