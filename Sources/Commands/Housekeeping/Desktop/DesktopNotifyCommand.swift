internal import ArgumentParser
internal import HelperWire
internal import LinuxSystem

struct DesktopNotifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notify", abstract: "Show a notice when a VPN with commands of yours has lost its tunnel.",
    discussion: "`on` starts it with each session, `off` ends that; `run` does it now, until Ctrl-C. It needs notify-send of libnotify.")

  enum Verb: String, ExpressibleByArgument, CaseIterable { case on, off, run }

  @Argument(help: "on, off or run.")
  var verb: Verb

  func run() throws {
    switch verb {
    case .on: try DesktopNotifyRequest(isOn: true).run()
    case .off: try DesktopNotifyRequest(isOn: false).run()
    case .run: try DesktopNotifyRequest.watch()
    }
  }
}

/// Desktop Application Autostart Specification.
struct DesktopNotifyRequest: CommandRequest {
  var isOn: Bool

  static let fileName = "vpnrun-notify.desktop"

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    _ = try installation.applications()
    guard let folder = installation.desktop.autostart else { throw Failure("neither HOME nor XDG_CONFIG_HOME is set") }
    let path = "\(folder)/\(Self.fileName)"
    guard isOn else {
      guard Files.exists(path) else { return Answer(text: "off\n") }
      try Failure.saying("cannot remove \(printable(path))") { () throws(SystemError) in try Files.remove(path) }
      return Answer(text: "off, from the next session on\n")
    }
    try installation.desktop.requireNotifier()
    let program = installation.vpnrun.dropLast("run".count)
    let text = """
      [Desktop Entry]
      Type=Application
      Name=VPN notices
      Comment=Says when a VPN has lost its tunnel
      Exec=\(DesktopCommandLine.quoted(String(program))) desktop notify run
      Icon=network-vpn
      NoDisplay=true

      """
    try Failure.saying("cannot write \(printable(path))") { () throws(SystemError) in
      try Files.makeFolders(folder)
      try FileDescriptor(reading: folder).replace(Self.fileName, with: Array(text.utf8), mode: 0o644)
    }
    return Answer(text: "on, from the next session on\n", notes: ["until then: vpn desktop notify run &"])
  }

  static func watch() throws(Failure) -> Never {
    let installation = try Installation.current()
    try installation.desktop.requireNotifier()
    var notices = TunnelNotices()
    while true {
      for notice in notices.notices(of: try installation.helper.show(), now: Clock.now, user: User.current) {
        let urgency = "--urgency=\(notice.isUrgent ? "critical" : "normal")"
        let words = ["--app-name=vpn", "--icon=network-vpn", urgency, "--", notice.title, notice.text]
        // Whose desktop shows no notices may have one that does later.
        _ = try? Child(DesktopSession.notifier, words, output: .inherited, environment: installation.desktop.environment).run()
      }
      Clock.sleep(seconds: 5)
    }
  }
}

extension DesktopSession {
  static let notifier = "notify-send"

  fileprivate func requireNotifier() throws(Failure) {
    guard has(Self.notifier) else { throw Failure("\(Self.notifier) is not installed: it is in the package libnotify-bin, or libnotify") }
  }
}
