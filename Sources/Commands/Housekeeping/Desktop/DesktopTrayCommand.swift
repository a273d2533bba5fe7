internal import ArgumentParser
internal import LinuxSystem

struct DesktopTrayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tray", abstract: "Show VPNs as an icon in the panel, with a menu.",
    discussion: """
      `on` starts it with each session, `off` ends that; `run` does it now. It needs Python 3 with PyGObject and AppIndicator: \
      on Debian, the packages python3-gi and gir1.2-ayatanaappindicator3-0.1.
      """)

  enum Verb: String, ExpressibleByArgument, CaseIterable { case on, off, run }

  @Argument(help: "on, off or run.")
  var verb: Verb

  func run() throws {
    switch verb {
    case .on: try DesktopTrayRequest(isOn: true).run()
    case .off: try DesktopTrayRequest(isOn: false).run()
    case .run: throw try DesktopTrayRequest.become()
    }
  }
}

struct DesktopTrayRequest: CommandRequest {
  var isOn: Bool

  static let start = SessionStart(
    fileName: "vpnrun-tray.desktop", name: "VPN icon", comment: "Shows VPNs in the panel", command: "desktop tray run")
  private static let program = "vpn-tray"

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    guard isOn else { return try Self.start.removed(on: installation) }
    _ = try installation.applications()
    try Self.require(on: installation)
    return try Self.start.written(on: installation)
  }

  /// - Returns: why not.
  static func become() throws(Failure) -> Failure {
    try require(on: .current())
    return try Programs().become(program, [], environment: .own)
  }

  /// The script knows best what it needs.
  private static func require(on installation: Installation) throws(Failure) {
    let folder = installation.helper.path.dropLast("vpn-link".count)
    let ended: Child.Ended
    do throws(SystemError) {
      ended = try Child("\(folder)\(program)", ["--check"], output: .capturedWithErrors, environment: installation.desktop.environment)
        .run()
    } catch {
      guard error.isMissingFile else { throw Failure("cannot run \(program): \(error.reason)") }
      throw Failure("python3 is not installed, or \(folder)\(program) is not")
    }
    guard ended.how != .exit(0) else { return }
    throw Failure(lines: String(decoding: ended.output, as: UTF8.self).split(separator: "\n").map(String.init))
  }
}
