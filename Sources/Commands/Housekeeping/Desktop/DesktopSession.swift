internal import LinuxSystem

/// What the user's session says of the places of applications. Nothing else here listens to these variables.
struct DesktopSession {
  var files: ApplicationFiles?
  /// What starts with the session, below XDG_CONFIG_HOME.
  var autostart: String?
  /// Below XDG_CONFIG_HOME and XDG_CONFIG_DIRS, the first one first.
  var configurations: [String] = []
  /// Of the desktop, as files are named after it: XDG_CURRENT_DESKTOP.
  var names: [String] = []
  /// HOME.
  var home: String?
  /// PATH.
  var programFolders: [String]
  /// Of desktop-file-utils: brings up to date which application opens which files.
  var updater = "update-desktop-database"
  var busCaller = "dbus-send"
  /// For those.
  var environment: [String]
  var isSudo: Bool

  static var current: DesktopSession {
    func paths(_ text: String) -> [String] { text.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") } }
    let home =
      Environment.variable("XDG_DATA_HOME").flatMap { paths($0).first } ?? Environment.variable("HOME").map { $0 + "/.local/share" }
    let configuration =
      Environment.variable("XDG_CONFIG_HOME").flatMap { paths($0).first } ?? Environment.variable("HOME").map { $0 + "/.config" }
    let system = paths(Environment.variable("XDG_DATA_DIRS") ?? "")
    let configurations = paths(Environment.variable("XDG_CONFIG_DIRS") ?? "/etc/xdg")
    let names = (Environment.variable("XDG_CURRENT_DESKTOP") ?? "").split(separator: ":").map { $0.lowercased() }
    return DesktopSession(
      files: home.map { ApplicationFiles(home: $0, system: system.isEmpty ? ["/usr/local/share", "/usr/share"] : system) },
      autostart: configuration.map { $0 + "/autostart" },
      configurations: (configuration.map { [$0] } ?? []) + configurations, names: names, home: Environment.variable("HOME"),
      programFolders: paths(Environment.variable("PATH") ?? ""), environment: Child.ownEnvironment,
      isSudo: Environment.variable("SUDO_UID") != nil)
  }

  func has(_ program: String) -> Bool { path(of: program) != nil }
  func path(of program: String) -> String? { programFolders.lazy.map { "\($0)/\(program)" }.first { Files.exists($0) } }
}
