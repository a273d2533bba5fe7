internal import ArgumentParser
internal import Diagnosis
internal import LinuxSystem

struct DesktopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "desktop", abstract: "Start applications in a VPN by a click.",
    subcommands: [
      DesktopAddCommand.self, DesktopAlwaysCommand.self, DesktopListCommand.self, DesktopRemoveCommand.self, DesktopNotifyCommand.self,
      DesktopTrayCommand.self, DesktopFailedCommand.self,
    ])
}

struct DesktopListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Show the launchers.")

  @Flag(help: "Print JSON: an array with an object for each launcher.")
  var json = false

  func run() throws { try DesktopListRequest(json: json).run() }
}

struct DesktopListRequest: CommandRequest {
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let made = try installation.applications().made(on: installation)
    if json { return Answer(text: jsonText(made)) }
    guard !made.isEmpty else { return Answer(notes: ["there is no launcher yet; make one with `vpn desktop add NAME APPLICATION`"]) }
    var table = Table()
    table.rows.append(["VPN", "APPLICATION", "KIND", "STATE", "NAME"].map { .init($0, .faint) })
    for launcher in made {
      table.rows.append([
        .init(launcher.vpn, .bold), .init(launcher.application), .init(launcher.always ? "always" : "launcher"),
        .init(launcher.state.rawValue, launcher.state == .ready ? .good : .warning),
        .init(launcher.name),
      ])
    }
    var notes: [String] = []
    if made.contains(where: { $0.state == .noVPN || $0.state == .noApplication }) {
      notes.append("launchers of what is gone are removed with `vpn desktop remove NAME APPLICATION`")
    }
    for broken in made where broken.state == .incomplete {
      notes.append("a part of it is missing: `vpn desktop always \(broken.vpn) \(printable(broken.application))` makes it again")
    }
    return Answer(text: table.text(style), notes: notes)
  }
}

struct DesktopRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Delete launchers, and undo `always`.",
    discussion: "The applications' separate profiles stay where they are.")

  @OptionGroup var vpn: NameArgument

  @Argument(help: "Only this application's.")
  var application: String?

  func run() throws { try DesktopRemoveRequest(name: vpn.name, application: application).run() }
}

struct DesktopRemoveRequest: CommandRequest {
  /// Of a VPN that need not be there any more.
  var name: String
  var application: String?

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let files = try installation.applications()
    let made = files.made(on: installation).filter { $0.vpn == name }
    let ids = application.map { [$0, (try? files.find($0))?.id] }
    let chosen = made.filter { ids?.contains($0.application) != false }
    guard !chosen.isEmpty else {
      let all = made.map { printable($0.application) }.joined(separator: ", ")
      let what = application.map { "of '\(printable($0))' in '\(printable(name))'" } ?? "of '\(printable(name))'"
      return Answer(notes: ["there is no launcher \(what)" + (made.isEmpty ? "" : "; there is \(all)")])
    }
    var answer = Answer()
    for launcher in chosen {
      let record = LauncherRecord(try ApplicationFiles.read(launcher.file).entry)
      answer.notes += try record.removeFiles(vpn: launcher.vpn, application: launcher.application).map(foreignNote)
      var associations = try Associations(installation.desktop)
      associations?.withdraw(launcher.file.lastPathPart, record.associations, isGone: !launcher.always)
      try associations?.save()
      try Failure.saying("cannot remove \(launcher.file)") { () throws(SystemError) in try Files.remove(launcher.file) }
      record.removeFolders()
      answer.text +=
        launcher.always
        ? "\(printable(launcher.name)) starts without a VPN again\n" : "\(printable(launcher.name)) is removed\n"
    }
    installation.updateDesktop(files)
    if chosen.contains(where: \.always) { installation.reloadBus() }
    return answer
  }
}

extension Installation {
  /// The user's. Root's own are no use to the user who has typed sudo.
  func applications() throws(Failure) -> ApplicationFiles {
    if isRoot, desktop.isSudo { throw Failure("launchers belong to a user: type it without sudo") }
    guard let files = desktop.files else { throw Failure("neither HOME nor XDG_DATA_HOME is set: where are your applications?") }
    return files
  }

  /// Where that is not installed, launchers work all the same.
  func updateDesktop(_ files: ApplicationFiles) {
    // No launcher of ours is in that table, but one of an earlier version may be.
    guard Files.exists("\(files.ownFolder)/mimeinfo.cache") else { return }
    _ = try? Child(desktop.updater, [files.ownFolder], output: .capturedWithErrors, environment: desktop.environment).run()
  }
}
