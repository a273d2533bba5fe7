internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// A service of the system's, by its unit. Paths of mounts cannot have its name with a colon or a backslash, as systemd reads them.
struct ServiceUnit: Equatable {
  /// Without `.service`; a template ends in `@`.
  var name: String
  var file: String { name + ".service" }
  /// Attaches its network before it starts. Not `NAME-…`: drop-ins of `NAME-.service.d` would be read for it as well.
  var attachment: String { "vpnrun-attach-\(file)" }
  var isTemplate: Bool { name.hasSuffix("@") }
  /// As it is written in a drop-in or unit of a template: `%i` is its instance.
  fileprivate func instance(_ file: String) -> String { isTemplate ? file.replacing("@.", with: "@%i.") : file }
  /// A long name is cut.
  fileprivate var label: String { isTemplate ? name + "%i" : String(name.prefix(Attachment.labelLength)) }
  func socket(_ port: UInt16) -> String { "\(name.filter { $0 != "@" })-vpn-\(port).socket" }

  init(_ typed: String) throws(Failure) {
    name = typed.hasSuffix(".service") ? String(typed.dropLast(8)) : typed
    let allowed = name.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || "_.@-".utf8.contains(byte)
    }
    let isOther = [".socket", ".timer", ".target", ".mount", ".path", ".slice", ".scope", ".device"].contains { name.hasSuffix($0) }
    guard !name.isEmpty, name.utf8.count < 200, !name.hasPrefix("vpnrun-attach-"), name.utf8.first != 0x2d, name.utf8.first != 0x2e,
      name.utf8.first != 0x40, allowed, !isOther
    else {
      throw Failure("'\(printable(typed))' is no service's unit: see `systemctl list-units --type=service`", status: .usage)
    }
  }
}

/// `[ADDRESS:]PORT`; without an address it is this machine's alone.
struct ServicePort: Equatable {
  var address: String?
  var port: UInt16

  init(_ typed: String) throws(Failure) {
    var text = typed[...]
    if let colon = typed.lastIndex(of: ":") {
      let given = typed[..<colon]
      let plain = given.hasPrefix("[") && given.hasSuffix("]") ? given.dropFirst().dropLast() : given
      guard let known = IPAddress(String(plain)), (known.family == .v6) == given.hasPrefix("[") else { throw Self.refusal(typed) }
      address = known.family == .v6 ? "[\(known)]" : "\(known)"
      text = typed[typed.index(after: colon)...]
    }
    guard let number = UInt16(text), number > 0, "\(number)" == text else { throw Self.refusal(typed) }
    port = number
  }

  private static func refusal(_ typed: String) -> Failure {
    Failure("'\(printable(typed))' is no port: 9091, 127.0.0.1:9091 or [::1]:9091", status: .usage)
  }

  var streams: [String] { (address.map { [$0] } ?? Self.loopback).map { "\($0):\(port)" } }
  static let loopback = ["127.0.0.1", "[::1]"]
}

/// The files by which systemd runs a service in a VPN: a drop-in, the text of resolver files beside it (their names end so that systemd does
/// not read them as settings), and for each port a socket with a proxy in the service's network. They are all the record there is.
struct ServiceFiles {
  var vpn: VPNName
  var unit: ServiceUnit
  var ports: [ServicePort]
  /// The path of vpn(1).
  var program: String
  var proxy: String
  var resolvConf: String?
  var nsswitch: String?

  static let dropIn = "50-vpnrun.conf"
  static let mark = "# vpnrun: "

  func all(in folder: String) -> [OwnFile] {
    let place = "\(folder)/\(unit.file).d"
    var files = [OwnFile(path: "\(place)/\(Self.dropIn)", text: dropIn(place))]
    files.append(OwnFile(path: "\(folder)/\(unit.attachment)", text: attachment))
    if let resolvConf { files.append(OwnFile(path: "\(place)/50-vpnrun.resolv", text: head + resolvConf)) }
    if let nsswitch { files.append(OwnFile(path: "\(place)/50-vpnrun.nsswitch", text: head + nsswitch)) }
    for port in ports {
      let socket = unit.socket(port.port)
      files.append(OwnFile(path: "\(folder)/\(socket)", text: socketText(port)))
      files.append(OwnFile(path: "\(folder)/\(socket.dropLast(7)).service", text: proxyText(port)))
    }
    return files
  }

  private var head: String { "\(Self.mark)\(vpn) \(unit.name)\n" }
  private var title: String { unit.name }

  /// As systemd-escape(1) does it; a VPN's name has nothing else that it changes.
  private var device: String { "sys-subsystem-net-devices-" + "\(vpn)".flatMap { $0 == "-" ? Array("\\x2d") : [$0] } + ".device" }

  /// What comes first has to come first: the link's unit goes with `vpn unlink`, and takes the service along.
  private func dropIn(_ place: String) -> String {
    let attachment = unit.instance(unit.attachment)
    var text = """
      \(head)[Unit]
      BindsTo=\(device) \(attachment)
      After=\(device) \(attachment)
      JoinsNamespaceOf=\(attachment)

      [Service]
      PrivateNetwork=yes

      """
    if resolvConf != nil { text += "BindReadOnlyPaths=\(place)/50-vpnrun.resolv:/etc/resolv.conf\n" }
    if nsswitch != nil { text += "BindReadOnlyPaths=\(place)/50-vpnrun.nsswitch:/etc/nsswitch.conf\n" }
    return text
      + "InaccessiblePaths=-/run/nscd -/run/avahi-daemon -/run/systemd/resolve/io.systemd.Resolve -/run/systemd/resolve/io.systemd.Resolve.Monitor\n"
  }

  /// Root's, and so not in the service's own unit, whose environment may be the service's to write (EnvironmentFile=, LD_PRELOAD). Units that
  /// join another's namespace share temporary folders and IPC as well, of those that have their own: it has, so that they keep theirs.
  private var attachment: String {
    let service = unit.instance(unit.file)
    return """
      \(head)[Unit]
      Description=Network of \(unit.isTemplate ? service : title), which is in the VPN \(vpn)
      BindsTo=\(device)
      After=\(device) vpnrun.service
      PartOf=\(service)
      StopWhenUnneeded=yes

      [Service]
      Type=oneshot
      RemainAfterExit=yes
      PrivateNetwork=yes
      PrivateTmp=yes
      PrivateIPC=yes
      ExecStart=\(program) attach \(vpn) --label \(unit.label)

      """
  }

  private func socketText(_ port: ServicePort) -> String {
    """
    \(head)[Unit]
    Description=Port \(port.port) of \(title), which is in the VPN \(vpn)

    [Socket]
    \(port.streams.map { "ListenStream=\($0)" }.joined(separator: "\n"))
    FreeBind=yes

    [Install]
    WantedBy=sockets.target

    """
  }

  private func proxyText(_ port: ServicePort) -> String {
    """
    \(head)[Unit]
    Description=Port \(port.port) of \(title), which is in the VPN \(vpn)
    Requires=\(unit.file)
    After=\(unit.file)
    JoinsNamespaceOf=\(unit.attachment)
    PartOf=\(unit.socket(port.port))

    [Service]
    PrivateNetwork=yes
    ExecStart=\(proxy) --exit-idle-time=60s 127.0.0.1:\(port.port)
    DynamicUser=yes
    NoNewPrivileges=yes
    ProtectSystem=strict
    ProtectHome=yes
    PrivateTmp=no

    """
  }
}
