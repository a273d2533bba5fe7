import FoundationEssentials
import Glibc
import LinuxSystem
import NetworkPlan

@testable import Commands
@testable import Diagnosis

/// A temporary folder with an installation in it; gone with the test.
final class TestFolder {
  let path: String
  /// In which the machine is.
  var networks: [HostNetwork] = []

  init() {
    let unique = UUID().uuidString.prefix(8)
    path = FileManager.default.temporaryDirectory.path + "/vpnrun-test-\(unique)"
    for part in ["etc", "netns", "links", "sockets", "tables", "scratch"] {
      try? FileManager.default.createDirectory(atPath: "\(path)/\(part)", withIntermediateDirectories: true)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var installation: Installation {
    Installation(
      profiles: ProfileFolder(path: "\(path)/etc"), pins: PinFolder(path: "\(path)/netns"), links: "\(path)/links",
      tables: TableNames(folder: "\(path)/tables"),
      userspace: UserspaceWireGuard(program: "\(path)/wireguard-go", sockets: "\(path)/sockets"),
      resolved: SystemdResolved(folder: "\(path)/resolve", busctl: "\(path)/busctl"),
      wireGuardTool: WireGuardTool(program: "\(path)/wg"), unzip: "\(path)/unzip",
      qrReader: QRReader(program: "\(path)/zbarimg", isConfined: false), units: "\(path)/units", containers: containers,
      scratch: "\(path)/scratch",
      processes: ProcessTable(folder: "\(path)/proc", launcher: "\(path)/vpn-launch"),
      helper: Helper(path: "\(path)/vpn-link"), vpnrun: "/opt/vpn run/bin/vpnrun", desktop: desktop, isRoot: true,
      networks: { [networks] () throws(SystemError) in networks })
  }

  private var containers: ContainerFolders {
    ContainerFolders(
      cdi: "\(path)/cdi", netavark: "\(path)/netavark", netavarkPrograms: ["\(path)/bin/netavark"], cniPlugins: ["\(path)/cni"],
      cniNetworks: "\(path)/networks", kubernetes: ["\(path)/kubelet"])
  }

  private var desktop: DesktopSession {
    DesktopSession(
      files: ApplicationFiles(home: "\(path)/home", system: ["\(path)/local", "\(path)/system"]), autostart: "\(path)/autostart",
      configurations: ["\(path)/config", "\(path)/xdg"], names: ["mate"], home: "\(path)/user",
      programFolders: ["\(path)/user/.local/bin", "\(path)/bin"],
      updater: "\(path)/bin/update-desktop-database", busCaller: "\(path)/bin/dbus-send", environment: [], isSudo: false)
  }

  @discardableResult
  func write(_ name: String, _ text: String, executable: Bool = false) -> String {
    let file = "\(path)/\(name)"
    let attributes: [FileAttributeKey: Any] = [.posixPermissions: executable ? 0o700 : 0o600]
    _ = FileManager.default.createFile(atPath: file, contents: Data(text.utf8), attributes: attributes)
    return file
  }

  /// A program in `sh`. Its folder is in `$here`; what it says with `log` is read by `log`. It is there when nobody has it
  /// open for writing any more: a child that another test has just forked could, and then it cannot be executed (ETXTBSY).
  func program(_ name: String, _ body: String) {
    let file = write(name, "#!/bin/sh\nhere=\(path)\nlog() { echo \"$*\" >>$here/log; }\n\(body)\n", executable: true)
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    // A read lease is given only where there is no writer: fcntl(2), F_SETLEASE.
    while fcntl(descriptor, 1024, Int32(F_RDLCK)) != 0 { usleep(1000) }
  }

  func text(of name: String) -> String? {
    FileManager.default.contents(atPath: "\(path)/\(name)").map { String(decoding: $0, as: UTF8.self) }
  }

  func names(in name: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)")) ?? []).sorted()
  }

  func makeFolder(_ name: String) { try? FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true) }

  var log: [String] { (text(of: "log") ?? "").split(separator: "\n").map(String.init) }

  /// What stat(1) would show as 600.
  func mode(of name: String) -> Int? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
    return attributes?[.posixPermissions] as? Int
  }
}
