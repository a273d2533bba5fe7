internal import ArgumentParser
internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel

struct DesktopAlwaysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "always", abstract: "Start an application in a VPN whichever way it is started.",
    discussion: """
      By its own menu entry, by links and files that it opens, by D-Bus, and by its name in your PATH. `vpn desktop remove NAME \
      APPLICATION` undoes that. Example: vpn desktop always home firefox
      """)

  @OptionGroup var vpn: NameArgument

  @Argument(help: "Its id, its program or the path of its .desktop file.")
  var application: String

  func run() throws { try DesktopAlwaysRequest(name: vpn.name, application: application).run() }
}

struct DesktopAlwaysRequest: CommandRequest {
  var name: String
  var application: String

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let files = try installation.applications()
    let vpn = try installation.linkedOrKnown(name)
    let found = try files.find(application)
    guard !found.path.hasPrefix(files.ownFolder + "/") else {
      throw Failure("\(printable(found.path)) is yours, and stands where the one of `vpn desktop always` would: remove it first")
    }
    let launcher = Launcher(vpn: vpn, application: found.id, source: found.path, vpnrun: installation.vpnrun, kind: .always)
    let original = try ApplicationFiles.read(found.path)
    var file = try launcher.file(from: original)
    guard let line = original.entry?["Exec"].flatMap({ DesktopCommandLine($0) }) else { throw Failure("\(printable(found.path)): no Exec") }
    let starts = ApplicationStarts(desktop: installation.desktop, files: files, application: found.id, line: line)
    let path = "\(files.ownFolder)/\(launcher.fileName)"

    let old = try files.record(at: path, of: launcher)
    let names = starts.names()
    let scripts = names.isEmpty ? nil : starts.scripts(before: names)
    let made = ownFiles(launcher, starts, names, scripts?.folder, in: files)
    try OwnFile.refuseForeign(made, launcher)

    var associations = try Associations(installation.desktop)
    var record = LauncherRecord(made, besides: [path, associations?.path ?? path], replacing: old)
    associations?.withdraw(launcher.fileName, old.associations, isGone: false)
    record.associations = associations?.offer(launcher.fileName, for: original.entry?.list("MimeType") ?? []) ?? .init()
    file.change(group: DesktopFile.main) { record.write(to: &$0) }
    try OwnFile.write(path, file.text)
    for file in made { try OwnFile.write(file.path, file.text, mode: file.mode) }
    try associations?.save()
    var answer = Answer(text: "\(printable(file.entry?["Name"] ?? found.id)) starts in \(vpn) from now on\n  menu     \(printable(path))\n")
    answer.notes = try old.removeFiles(vpn: vpn.description, application: found.id, except: record.files).map(foreignNote)
    installation.updateDesktop(files)
    installation.reloadBus()
    for file in made { answer.text += "  \(file.mode == 0o644 ? "D-Bus  " : "command")  \(printable(file.path))\n" }
    if let opener = associations?.links(original.entry) { answer.text += "  links    \(opener)\n" }
    answer.notes += notes(names, scripts)
    return answer
  }

  private func ownFiles(
    _ launcher: Launcher, _ starts: ApplicationStarts, _ names: [ApplicationStarts.Name], _ scripts: String?, in files: ApplicationFiles
  ) -> [OwnFile] {
    let mark = OwnFile.mark(launcher.vpn.description, launcher.application)
    let start = "\(shellWord(launcher.vpnrun)) --desktop=always \(launcher.vpn) --"
    let services = starts.services().map { service in
      OwnFile(
        path: "\(files.home)/dbus-1/services/\(service.name).service",
        text: "\(mark)\n[D-BUS Service]\nName=\(service.name)\nExec=\(start) \(service.exec)\n")
    }
    guard let scripts else { return services }
    return services
      + names.map { name in
        // The whole path: its name alone would find this script.
        OwnFile(
          path: "\(scripts)/\(name.name)", text: "#!/bin/sh\n\(mark)\nexec \(start) \(shellWord(name.path)) \"$@\"\n", mode: 0o755)
      }
  }

  private func notes(_ names: [ApplicationStarts.Name], _ scripts: (folder: String, isFirst: Bool)?) -> [String] {
    guard let scripts else {
      return ["no name in your PATH stands for it alone: what you type in a terminal starts it as before"]
    }
    if scripts.isFirst { return [] }
    let first = names.map(\.path.folderPart).first ?? ""
    return [
      "your PATH has \(printable(first)) before \(printable(scripts.folder)), or lacks that: log in again, or put "
        + "PATH=\(printable(scripts.folder)):$PATH in ~/.profile; until then what you type in a terminal starts it as before"
    ]
  }
}

func foreignNote(_ path: String) -> String { "\(printable(path)) has been changed by another since: it stays" }

extension ApplicationFiles {
  /// What was made for a launcher that is there already.
  /// - Throws: if the file is another's.
  func record(at path: String, of launcher: Launcher) throws(Failure) -> LauncherRecord {
    guard Files.exists(path) else { return LauncherRecord() }
    let entry = try Self.read(path).entry
    guard let vpn = entry?[Launcher.vpnKey], entry?[Launcher.applicationKey] == launcher.application,
      (launcher.kind == .always) == (entry?.isTrue(Launcher.alwaysKey) == true)
    else { throw Failure("\(printable(path)) is there already, and not made here: remove it first") }
    guard vpn == launcher.vpn.description else {
      let words = "\(printable(vpn)) \(printable(launcher.application))"
      throw Failure("\(printable(launcher.application)) starts in \(printable(vpn)) always: `vpn desktop remove \(words)` first")
    }
    return LauncherRecord(entry)
  }
}

extension Associations {
  /// What opens links now, of an application that could.
  func links(_ original: DesktopFile.Group?) -> String? {
    let types = original?.list("MimeType") ?? []
    let type = ["x-scheme-handler/https", "text/html"].first { types.contains($0) } ?? types.first { $0.hasPrefix("x-scheme-handler/") }
    guard let type, let opener = opener(of: type) else { return nil }
    return "\(type) is opened by \(printable(String(opener.dropLast(".desktop".count)))), as before"
  }
}

extension Installation {
  /// A bus that runs already learns of new services by that.
  func reloadBus() {
    let bus = "org.freedesktop.DBus"
    let words = ["--session", "--type=method_call", "--dest=\(bus)", "/\(bus.replacing(".", with: "/"))", "\(bus).ReloadConfig"]
    _ = try? Child(desktop.busCaller, words, output: .capturedWithErrors, environment: desktop.environment).run()
  }
}
