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

struct DesktopNotifyRequest: CommandRequest {
  var isOn: Bool

  static let start = SessionStart(
    fileName: "vpnrun-notify.desktop", name: "VPN notices", comment: "Says when a VPN has lost its tunnel", command: "desktop notify run")

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    guard isOn else { return try Self.start.removed(on: installation) }
    _ = try installation.applications()
    try installation.desktop.requireNotifier()
    return try Self.start.written(on: installation)
  }

  static func watch() throws(Failure) {
    let installation = try Installation.current()
    try installation.desktop.requireNotifier()
    let changes = Changes(on: installation)
    var notices = TunnelNotices()
    var reports: [Report]
    repeat {
      reports = try installation.helper.show()
      for notice in notices.notices(of: reports, now: Clock.now, user: User.current) {
        let urgency = "--urgency=\(notice.isUrgent ? "critical" : "normal")"
        let words = ["--app-name=vpn", "--icon=network-vpn", urgency, "--", notice.title, noticeText(notice.text)]
        // Whose desktop shows no notices may have one that does later.
        _ = try? Child(DesktopSession.notifier, words, output: .inherited, environment: installation.desktop.environment).run()
      }
    } while try changes.wait(after: reports)
  }
}

extension DesktopSession {
  static let notifier = "notify-send"

  fileprivate func requireNotifier() throws(Failure) {
    guard has(Self.notifier) else { throw Failure("\(Self.notifier) is not installed: it is in the package libnotify-bin, or libnotify") }
  }
}
