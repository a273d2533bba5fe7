internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

/// The parts of vpnrun on this machine. Tests make one in a temporary folder; nothing else can change these paths.
struct Installation {
  var profiles = ProfileFolder.system
  var pins = PinFolder(path: Names.pins)
  /// Where the kernel shows the links that there are.
  var links = "/sys/class/net"
  var tables = TableNames()
  var userspace = UserspaceWireGuard()
  var resolved = SystemdResolved()
  var wireGuardTool = WireGuardTool()
  var unzip = "unzip"
  var qrReader = QRReader()
  /// passwd(5) and group(5).
  var passwd = "/etc/passwd"
  var group = "/etc/group"
  var ip = "ip"
  var resolvConf = "/etc/resolv.conf"
  /// The administrator's units of systemd.
  var units = "/etc/systemd/system"
  var containers = ContainerFolders()
  /// Not on a disk.
  var scratch = "/run"
  var processes = ProcessTable()
  var log = SystemLog()
  /// Of the terminal in columns; `nil` where standard output is none.
  var width: Int?
  var helper: Helper
  /// The program that starts commands in a VPN.
  var vpnrun = "/usr/local/bin/vpnrun"
  var desktop = DesktopSession.current
  var isRoot: Bool
  /// Those that this machine is in.
  var networks: () throws(SystemError) -> [HostNetwork] = { () throws(SystemError) in [] }
  /// Whether another program uses the routing table of that number.
  var usesTable: (UInt8) -> Bool = { _ in false }
  /// Who would be cut off by a system that answers through a VPN.
  var sshClient: IPAddress?

  /// The helper lies beside this program, in PREFIX/libexec/vpnrun, whatever the PREFIX and however it was called.
  static func current() throws(Failure) -> Installation {
    let program = try Failure.saying("cannot read /proc/self/exe") { () throws(SystemError) in try Files.target(ofLink: "/proc/self/exe") }
    let folder = program.folderPart
    let lasting = lasting(program)
    return Installation(
      processes: ProcessTable(launcher: folder + "/vpn-launch"), width: Output.standard.width,
      helper: Helper(path: lasting.folderPart + "/vpn-link"), vpnrun: prefix(of: lasting) + "/bin/vpnrun", isRoot: User.isRoot,
      networks: HostNetwork.all, usesTable: ForeignTables().contains, sshClient: SSHSession.client)
  }

  /// PREFIX of PREFIX/libexec/vpnrun/PROGRAM.
  private static func prefix(of program: String) -> String { program.folderPart.folderPart.folderPart }

  /// A path to a program of ours that leads to its successor when there is one: units, launchers and container engines are told where the programs
  /// are, and NixOS has each version in a folder of its own, with a link `current` beside it (packaging/nix) or a profile of the system.
  static func lasting(_ program: String, system: String = "/run/current-system/sw") -> String {
    let prefix = prefix(of: program)
    guard let own = FileStatus.of(program, following: true) else { return program }
    let others = ["\(prefix.folderPart)/current", system].map { $0 + program.dropFirst(prefix.utf8.count) }
    return others.first { FileStatus.of($0, following: true) == own } ?? program
  }

  /// The VPN that the user means. A box outlives its profile, and can still be used and removed.
  func linkedOrKnown(_ typed: String) throws(Failure) -> VPNName {
    let name = VPNName(typed)
    if let name, pins.contains(name) { return name }
    do throws(Failure) { return try profiles.find(typed) } catch {
      guard let name, hasHostTunnel(name) else { throw error }
      return name
    }
  }
}

extension Installation {
  /// By its box, or its link without one.
  func isLinked(_ name: VPNName) -> Bool { pins.contains(name) || isHostTunnel(name) }

  /// Its link says so, which outlives the profile, too.
  private func hasHostTunnel(_ name: VPNName) -> Bool {
    struct Link: Decodable { var ifalias: String? }
    let said = try? Look.says(ip, ["-j", "link", "show", "dev", "\(name)"])
    guard let alias = said.flatMap({ $0 }).flatMap({ decoded([Link].self, $0) })?.first?.ifalias else { return false }
    return Identity(name: name, alias: ByteString(alias), addresses: [])?.memory[.hasNoBox] ?? false
  }

  /// Linked, and without a box.
  func isHostTunnel(_ name: VPNName) -> Bool {
    guard !pins.contains(name) else { return false }
    var helper = helper
    helper.isQuiet = true
    let vpn: Report.VPN? = try? helper.show(name)
    return vpn.map { $0.linked && !$0.box } ?? hasHostTunnel(name)
  }
}

/// Where the boxes of linked VPNs are pinned.
struct PinFolder {
  var path: String
  func contains(_ name: VPNName) -> Bool { Files.exists("\(path)/vpn-\(name)") }

  /// What is pinned as a VPN's box is, whatever it may be.
  func names() -> [VPNName] {
    ((try? Files.list(path)) ?? []).compactMap { $0.hasPrefix("vpn-") ? VPNName(String($0.dropFirst(4))) : nil }
  }
}
