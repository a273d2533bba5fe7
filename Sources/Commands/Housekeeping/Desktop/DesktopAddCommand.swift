internal import Applications
internal import ArgumentParser
internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel

struct DesktopAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Make a launcher from the application's own.",
    discussion: "An existing launcher is replaced. Browsers and others that share one instance get a profile of their own.")

  @OptionGroup var vpn: NameArgument

  @Argument(help: "Its id, its program or the path of its .desktop file.")
  var application: String

  @Option(help: "The launcher's title; otherwise the application's and the VPN's name: Firefox (home).")
  var name: String?

  @Option(help: "The folder of the application's separate profile.", completion: .directory)
  var profile: String?

  @Flag(help: "Use the application's ordinary profile; refused while that is in use outside.")
  var shared = false

  @Flag(help: "Offer it for the files and links that the application opens.")
  var mime = false

  func validate() throws {
    if shared, profile != nil { throw ValidationError("--shared is about the ordinary profile, --profile about a separate one.") }
    if let profile, !profile.hasPrefix("/") { throw ValidationError("--profile is a whole path, from / on.") }
    if name?.isEmpty == true || name?.contains(where: \.isNewline) == true { throw ValidationError("--name is one line of text.") }
  }

  func run() throws {
    try DesktopAddRequest(name: vpn.name, application: application, title: name, profile: profile, shared: shared, mime: mime).run()
  }
}

struct DesktopAddRequest: CommandRequest {
  var name: String
  var application: String
  var title: String?
  var profile: String?
  var shared = false
  var mime = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let files = try installation.applications()
    let vpn = try installation.linkedOrKnown(name)
    let found = try files.find(application)
    let launcher = Launcher(
      vpn: vpn, application: found.id, source: found.path, vpnrun: installation.vpnrun, title: title, opensTypes: mime,
      profile: shared ? .shared : profile.map { .at($0) } ?? .below(files.home))
    let original = try ApplicationFiles.read(found.path)
    let file = try launcher.file(from: original)
    let instance = original.entry.flatMap { launcher.shared($0) }
    try refuse(instance, launcher, on: installation)
    try write(file, launcher, in: files)
    installation.updateDesktop(files)
    return answer(file, instance, launcher, in: files, wasActivated: original.entry?.isTrue("DBusActivatable") == true)
  }

  private func refuse(_ instance: SharedInstance?, _ launcher: Launcher, on installation: Installation) throws(Failure) {
    if profile != nil, instance?.separation.hasFolder != true {
      throw Failure("it is not known how \(printable(launcher.application)) is given a profile: leave --profile out")
    }
    if shared, let instance, instance.processes.isEmpty {
      throw Failure("\(instance.name)'s windows are opened by a service outside: leave --shared out")
    }
    guard !shared, let runner = instance?.separation.before.first else { return }
    guard installation.desktop.has(runner) else {
      throw Failure("\(instance?.name ?? "it") needs \(runner) to start in a VPN, which is not installed: it is in the package dbus-daemon")
    }
  }

  private func write(_ file: DesktopFile, _ launcher: Launcher, in files: ApplicationFiles) throws(Failure) {
    let path = "\(files.ownFolder)/\(launcher.fileName)"
    if Files.exists(path) {
      let entry = try ApplicationFiles.read(path).entry
      guard entry?[Launcher.vpnKey] == launcher.vpn.description, entry?[Launcher.applicationKey] == launcher.application else {
        throw Failure("\(printable(path)) is there already, and another's: remove it first")
      }
    }
    try Failure.saying("cannot write \(printable(path))") { () throws(SystemError) in
      try Files.makeFolders(files.ownFolder)
      let folder = try FileDescriptor(reading: files.ownFolder)
      folder.lockBriefly()
      try folder.replace(launcher.fileName, with: Array(file.text.utf8), mode: 0o644)
    }
  }

  private func answer(
    _ file: DesktopFile, _ instance: SharedInstance?, _ launcher: Launcher, in files: ApplicationFiles, wasActivated: Bool
  ) -> Answer {
    var text =
      "\(printable(file.entry?["Name"] ?? launcher.application)) is ready: \(printable("\(files.ownFolder)/\(launcher.fileName)"))\n"
    if let instance, !shared, instance.separation.hasFolder { text += "  its profile  \(printable(launcher.folder(instance)))\n" }
    let isUnknown = instance == nil && wasActivated
    let note = "it may open its window in an instance that runs outside already: close that before you start it"
    return Answer(text: text, notes: isUnknown ? [note] : [])
  }
}
