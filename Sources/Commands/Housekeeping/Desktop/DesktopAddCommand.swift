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

  @Flag(help: "Offer it for links and web pages, behind what opens them now.")
  var mime = false

  @Flag(help: "Also of a Flatpak, parts of which work outside its sandbox.")
  var flatpak = false

  func validate() throws {
    if shared, profile != nil { throw ValidationError("--shared is about the ordinary profile, --profile about a separate one.") }
    if let profile, !profile.hasPrefix("/") { throw ValidationError("--profile is a whole path, from / on.") }
    if name?.isEmpty == true || name?.contains(where: \.isNewline) == true { throw ValidationError("--name is one line of text.") }
  }

  func run() throws {
    try DesktopAddRequest(
      name: vpn.name, application: application, title: name, profile: profile, shared: shared, mime: mime, flatpak: flatpak
    ).run()
  }
}

struct DesktopAddRequest: CommandRequest {
  var name: String
  var application: String
  var title: String?
  var profile: String?
  var shared = false
  var mime = false
  var flatpak = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let files = try installation.applications()
    let vpn = try installation.linkedOrKnown(name)
    let found = try files.find(application)
    let launcher = Launcher(
      vpn: vpn, application: found.id, source: found.path, vpnrun: installation.vpnrun,
      kind: .beside(title: title, shared ? .shared : profile.map { .at($0) } ?? .separate), allowsFlatpak: flatpak)
    let original = try ApplicationFiles.read(found.path)
    var file = try launcher.file(from: original)
    let instance = original.entry.flatMap { launcher.shared($0) }
    try refuse(instance, launcher, on: installation)

    let path = "\(files.ownFolder)/\(launcher.fileName)"
    var record = try files.record(at: path, of: launcher)
    var associations = try Associations(installation.desktop)
    associations?.withdraw(launcher.fileName, record.associations, isGone: false)
    let types =
      mime ? (original.entry?.list("MimeType") ?? []).filter { $0 == "text/html" || $0.hasPrefix("x-scheme-handler/") } : []
    guard !mime || !types.isEmpty else { throw Failure("\(printable(found.id)) opens neither links nor web pages: leave --mime out") }
    record.associations = associations?.offer(launcher.fileName, for: types) ?? .init()
    file.change(group: DesktopFile.main) { record.write(to: &$0) }
    try OwnFile.write(path, file.text)
    try associations?.save()
    installation.updateDesktop(files)

    var answer = Answer(text: "\(printable(file.entry?["Name"] ?? found.id)) is ready: \(printable(path))\n")
    if let instance, !shared, instance.separation.hasFolder {
      answer.text += "  its profile  \(printable(profile ?? "\(files.home)/vpnrun/\(vpn)/\(instance.commands[0])"))\n"
    }
    if mime {
      if let opener = associations?.links(original.entry) { answer.text += "  links        \(opener)\n" }
      if types.contains("x-scheme-handler/https") {
        answer.notes.append("to open links in it: xdg-settings set default-web-browser \(printable(launcher.fileName))")
      }
    }
    let isFlatpak = original.entry?["X-Flatpak"] != nil
    if isFlatpak || (instance == nil && original.entry?.isTrue("DBusActivatable") == true) {
      answer.notes.append("it may open its window in an instance that runs outside already: close that before you start it")
    }
    return answer
  }

  private func refuse(_ instance: SharedInstance?, _ launcher: Launcher, on installation: Installation) throws(Failure) {
    if profile != nil, instance?.separation.hasFolder != true {
      throw Failure("it is not known how \(printable(launcher.application)) is given a profile: leave --profile out")
    }
    if shared, let service = instance?.service {
      throw Failure("\(instance?.name ?? "")'s \(service), outside: leave --shared out")
    }
    guard !shared, let runner = instance?.separation.before.first else { return }
    guard installation.desktop.has(runner) else {
      throw Failure("\(instance?.name ?? "it") needs \(runner) to start in a VPN, which is not installed: it is in the package dbus-daemon")
    }
  }
}
