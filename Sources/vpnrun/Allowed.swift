internal import LinuxSystem

/// A socket of the session's or the system's that a strict command may reach.
enum Allowed: CaseIterable {
  case x11, wayland, pulse, pipewire, dbus, system, ssh

  /// `x11,wayland,…`
  static var words: String { allCases.dropFirst().reduce("\(allCases[0].name)") { $0 + ",\($1.name)" } }

  init?(_ word: some Collection<UInt8>) {
    guard let found = Self.allCases.first(where: { word.elementsEqual("\($0.name)".utf8) }) else { return nil }
    self = found
  }

  var name: StaticString {
    switch self {
    case .wayland: "wayland"
    case .x11: "x11"
    case .pulse: "pulse"
    case .pipewire: "pipewire"
    case .dbus: "dbus"
    case .system: "system"
    case .ssh: "ssh"
    }
  }

  /// The files that it means, by whole paths: where the same variables lead that programs read.
  func files() throws(Failure) -> [[UInt8]] {
    switch self {
    case .wayland: return [try found(inRuntime(Arguments.variable("WAYLAND_DISPLAY") ?? Array("wayland-0".utf8)))]
    case .pipewire: return [try found(inRuntime(Arguments.variable("PIPEWIRE_REMOTE") ?? Array("pipewire-0".utf8)))]
    case .pulse:
      guard let server = Arguments.variable("PULSE_SERVER") else { return [try found(inRuntime(Array("pulse/native".utf8)))] }
      return [try found(server.begins(with: "unix:") ? Array(server.dropFirst(5)) : server)]
    case .dbus:
      guard let bus = Arguments.variable("DBUS_SESSION_BUS_ADDRESS") else { return [try found(inRuntime(Array("bus".utf8)))] }
      return [try found(Self.path(ofBus: bus))]
    case .system:
      let bus = Arguments.variable("DBUS_SYSTEM_BUS_ADDRESS").map { Self.path(ofBus: $0) }
      return [try found(bus ?? Array("/run/dbus/system_bus_socket".utf8))]
    case .ssh: return [try found(Arguments.variable("SSH_AUTH_SOCK") ?? [])]
    case .x11:
      let socket = try found(Self.socket(ofDisplay: Arguments.variable("DISPLAY") ?? []))
      let key = Arguments.variable("XAUTHORITY") ?? (Arguments.variable("HOME") ?? []) + Array("/.Xauthority".utf8)
      return [socket] + (Files.realFolder(of: key).map { [$0] } ?? [])
    }
  }

  private func inRuntime(_ path: [UInt8]) -> [UInt8] {
    path.first == 0x2f ? path : (Arguments.variable("XDG_RUNTIME_DIR") ?? []) + [0x2f] + path
  }

  private func found(_ path: [UInt8]) throws(Failure) -> [UInt8] {
    if path.first == 0x2f, let real = Files.realFolder(of: path) { return real }
    throw Failure("--allow=\(name): there is no socket for it here" + (path.isEmpty ? "" : ", '\(String(printable: path.prefix(200)))'"))
  }

  /// `unix:path=/run/user/1000/bus,guid=…`; others are not sockets with a file.
  private static func path(ofBus address: [UInt8]) -> [UInt8] {
    guard address.begins(with: "unix:path=") else { return address }
    return Array(address.dropFirst(10).prefix { $0 != 0x2c && $0 != 0x3b })
  }

  /// `:0`, `:0.0` and `unix:0` are on this machine.
  private static func socket(ofDisplay display: [UInt8]) -> [UInt8] {
    let local = display.begins(with: "unix:") ? display.dropFirst(4) : display[...]
    guard local.first == 0x3a else { return display }
    return Array("/tmp/.X11-unix/X".utf8) + local.dropFirst().prefix { $0 != 0x2e }
  }
}
