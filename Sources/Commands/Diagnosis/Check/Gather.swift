internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import Profile
internal import Version

// Where facts come from. What they mean is said beside their types.

extension InstallationFacts {
  static func gather(_ installation: Installation) throws(Failure) -> InstallationFacts {
    let process = Look.text("/proc/self/status") ?? ""
    var programs: [Program] = []
    for (name, wanted) in [
      ("vpn-launch", ["cap_net_admin", "cap_sys_admin"] as Set), ("vpn-link", ["cap_dac_override", "cap_net_admin", "cap_sys_admin"]),
    ] {
      let path = installation.program(name)
      let capabilities = try Look.says("getcap", [path])
      programs.append(Program(path: path, status: .of(path), wanted: wanted, capabilities: capabilities))
    }
    let group = programs.first?.status.flatMap { User.groupName(of: $0.group) }
    let entry = try group.flatMap { group throws(Failure) in try Look.says("getent", ["group", group]) }
    let folder = installation.profiles
    return InstallationFacts(
      programs: programs, mounts: Look.text("/proc/self/mountinfo") ?? "", process: process, userMap: Look.text("/proc/self/uid_map") ?? "",
      user: User.name(of: User.current) ?? "\(User.current)", group: group, groupEntry: entry, profilePath: folder.path,
      profileFolder: .of(folder.path),
      profiles: folder.names().map { .init(path: folder.file(of: $0), status: .of(folder.file(of: $0))) },
      pinFolder: .of(installation.pins.path),
      versions: try [Look.says(installation.vpnrun, ["--version"])].compactMap { $0.map { String($0.prefix { $0 != "\n" }) } },
      version: Version.version, hasCompletions: Files.exists("\(installation.prefix)/share/bash-completion/completions/vpn"))
  }
}

extension InstallationFacts.Place {
  static func of(_ path: String) -> Self? {
    guard let status = FileStatus.of(path) else { return nil }
    let kind: Kind =
      switch status.kind {
      case .file: .file
      case .folder: .folder
      case .other: .other
      }
    return Self(kind: kind, mode: status.mode, owner: status.owner, group: status.group)
  }
}

extension KernelFacts {
  static func gather(_ reports: [Report]) -> KernelFacts {
    let release = String((Look.text("/proc/sys/kernel/osrelease") ?? "").prefix { $0 != "\n" })
    let lists = ["builtin", "dep"].compactMap { Look.text("/lib/modules/\(release)/modules.\($0)") }
    return KernelFacts(
      release: release, modules: Set((try? Files.list("/sys/module")) ?? []), available: lists.isEmpty ? nil : lists.joined(),
      hasWireGuardGo: Look.program("wireguard-go", in: Look.path) != nil, hasTUN: Files.exists("/dev/net/tun"),
      maximumNamespaces: Look.setting("user/max_net_namespaces"), linked: reports.compactMap(\.vpn).filter(\.linked))
  }
}

extension ProfileFacts {
  static func gather(_ installation: Installation, _ reports: [Report], _ names: [String]) throws(Failure) -> ProfileFacts {
    var resolutions: [Resolution] = []
    for endpoint in reports.filter({ names.contains($0.name) }).compactMap(\.vpn).flatMap(\.endpoints) {
      let host = endpoint.host
      guard IPAddress(host) == nil, !host.contains(":"), !resolutions.contains(where: { $0.host == host }) else { continue }
      do throws(Failure) {
        _ = try Progress.saying("resolving \(printable(host))") { () throws(Failure) in try [ResolvedHost](resolving: host) }
        resolutions.append(Resolution(host: host))
      } catch { resolutions.append(Resolution(host: host, error: error.inOneLine)) }
    }
    var routes: [HostRoutes.Route] = []
    for family in ["-4", "-6"] {
      routes +=
        decoded([HostRoutes.Route].self, try Look.says("ip", ["-N", "-j", family, "route", "show", "table", "\(Tables.main)"])) ?? []
    }
    var profiles: [String: Profile] = [:]
    for report in reports {
      guard installation.isRoot, let name = VPNName(report.name), let text = try? installation.profiles.contents(of: name) else { continue }
      profiles[name.description] = try? Profile.parse(text)
    }
    return ProfileFacts(
      reports: reports, names: names, routes: routes, resolutions: resolutions,
      vrfs: try HostFacts.linkEntries().filter { $0.information?.kind == "vrf" }.map(\.name), profiles: profiles)
  }
}

extension HostFacts {
  static func gather(_ installation: Installation, _ reports: [Report]) throws(Failure) -> HostFacts {
    let links = try linkEntries()
    var rules: [(String, [RuleEntry])] = []
    for family in ["-4", "-6"] {
      rules.append((family, decoded([RuleEntry].self, try Look.says("ip", ["-N", "-j", family, "rule"])) ?? []))
    }
    var settings: [String: Int] = [:]
    let paths = [
      "ipv4/conf/all/src_valid_mark", "ipv6/conf/all/disable_ipv6", "ipv6/conf/default/disable_ipv6", "bridge/bridge-nf-call-iptables",
      "ipv4/udp_l3mdev_accept", "ipv4/tcp_l3mdev_accept",
    ]
    for path in paths + (["all"] + links.map(\.name)).map({ "ipv4/conf/\($0)/rp_filter" }) { settings[path] = Look.setting("net/\(path)") }
    let mounts = Mount.all(Look.text("/proc/self/mountinfo") ?? "")
    let names = ((try? Files.list(installation.pins.path)) ?? []).sorted()
    let pins = names.filter { $0.hasPrefix("vpn-") && VPNName(String($0.dropFirst(4))) != nil }.map { file in
      Pin(
        name: String(file.dropFirst(4)),
        isBox: mounts.contains { $0.point == "\(installation.pins.path)/\(file)" && $0.fileSystem == "nsfs" })
    }
    let chains = decoded(FilterListing.self, try Look.says("nft", ["-j", "list", "chains"]))?.nftables.compactMap(\.chain)
    let manager = installation.program("vpn-manage")
    var facts = HostFacts(
      links: links, rules: rules, settings: settings, pins: pins, vpns: reports.compactMap(\.vpn),
      chains: installation.isRoot ? chains : nil, legacyTables: Look.text("/proc/net/ip_tables_names"),
      networkManager: Files.exists("/run/NetworkManager") ? try Look.says("nmcli", ["-t", "-f", "DEVICE,STATE", "device"]) : nil,
      networkd: Files.exists("/run/systemd/netif") ? text(of: "networkd") : nil,
      time: Files.exists("/run/systemd/system") ? try Look.says("timedatectl", ["show"]) : nil,
      foreign: try ForeignSettings.gather(), now: Clock.now,
      installed: FileStatus.of(manager)?.modified ?? 0)
    if facts.networkd != nil {
      facts.networkdStarted = try start(of: "systemd-networkd")
      facts.networkdChanged = files(of: "networkd").compactMap { FileStatus.of($0)?.changed }.max()
    }
    if facts.networkManager != nil { facts.connectivity = try Look.says("nmcli", ["-t", "-f", "CONNECTIVITY", "general"]) }
    facts.resolved = Files.exists("/run/systemd/resolve") ? text(of: "resolved") : nil
    facts.overlays = try Overlay.gather(rules, facts.vpns)
    facts.lodgers = Lodger.gather(pins, installation)
    return facts
  }

  static func linkEntries() throws(Failure) -> [LinkEntry] {
    guard let links = decoded([LinkEntry].self, try Look.says("ip", ["-s", "-j", "-d", "link"])) else {
      throw Failure("`ip -j link` says nothing that can be read: is iproute2 installed? `sudo apt install iproute2`")
    }
    return links
  }

  /// What a daemon of systemd's reads, in the order in which it counts: `networkd` or `resolved`.
  private static func files(of daemon: String) -> [String] {
    var files = ["/usr/lib/systemd/\(daemon).conf", "/etc/systemd/\(daemon).conf"]
    for folder in ["/usr/lib", "/usr/local/lib", "/run", "/etc"].map({ "\($0)/systemd/\(daemon).conf.d" }) {
      files += ((try? Files.list(folder)) ?? []).filter { $0.hasSuffix(".conf") }.sorted().map { "\(folder)/\($0)" }
    }
    return files
  }

  private static func text(of daemon: String) -> String { files(of: daemon).compactMap { Look.text($0) }.joined(separator: "\n") }

  /// Seconds since 1970; `nil`: not known.
  private static func start(of service: String) throws(Failure) -> Int? {
    let said = try Look.says("systemctl", ["show", service, "-P", "ActiveEnterTimestampMonotonic"])
    guard let microseconds = said.flatMap({ Int($0.filter { !$0.isWhitespace }) }), microseconds > 0,
      let uptime = Look.text("/proc/uptime").flatMap({ Double($0.prefix { $0 != " " }) })
    else { return nil }
    return Clock.now - Int(uptime) + microseconds / 1_000_000
  }
}

extension ForeignSettings {
  static func gather() throws(Failure) -> ForeignSettings {
    var routes: [RouteEntry] = []
    for family in ["-4", "-6"] {
      let entries = decoded([RouteEntry].self, try Look.says("ip", ["-N", "-j", family, "route", "show", "table", "all"])) ?? []
      // Without the key it is main.
      routes += entries.map { entry in
        var entry = entry
        entry.table = entry.table ?? "\(Tables.main)"
        entry.isIPv6 = family == "-6"
        return entry
      }
    }
    return ForeignSettings(
      addresses: decoded([AddressEntry].self, try Look.says("ip", ["-N", "-j", "address"])) ?? [], routes: routes, programs: running())
  }

  private static func running() -> [(program: Program, line: String)] {
    ((try? Files.list("/proc")) ?? []).filter { Int($0) != nil }.compactMap { pid in
      let name = Look.text("/proc/\(pid)/comm").map { String($0.prefix { $0 != "\n" }) }
      guard let program = name.flatMap({ Program(rawValue: $0) }) else { return nil }
      return (program, (Look.text("/proc/\(pid)/cmdline") ?? "").replacing("\0", with: " "))
    }
  }
}

extension ResolverFacts {
  static func gather(_ vpn: Report.VPN, _ inside: InsideView) -> ResolverFacts {
    ResolverFacts(
      vpn: vpn, nsswitch: Look.text("/etc/nsswitch.conf"),
      outside: ["/run/nscd", "/run/systemd/resolve", "/run/avahi-daemon"].filter { Files.exists($0) },
      hasResolvConf: FileStatus.of("/etc/resolv.conf") != nil, inside: inside)
  }
}

extension Installation {
  /// One that lies beside this one.
  func program(_ name: String) -> String { helper.path.dropLast("vpn-link".count) + name }
  var prefix: String { String(helper.path.dropLast("/\(Programs.helpers)/vpn-link".count)) }
}

extension Failure {
  /// In one line, without the program's name.
  var inOneLine: String {
    let text = lines.joined(separator: "; ")
    return text.hasPrefix("vpn: ") ? String(text.dropFirst(5)) : text
  }
}
