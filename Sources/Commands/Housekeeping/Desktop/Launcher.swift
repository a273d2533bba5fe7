internal import Applications
internal import LinuxSystem
internal import NetworkModel

/// A desktop's launcher that starts an application in a VPN, made from the application's own.
struct Launcher: Equatable {
  var vpn: VPNName
  /// The application's id, as in the Desktop Entry Specification: its file's name without `.desktop`.
  var application: String
  /// The file it is made from.
  var source: String
  /// The program; a desktop's PATH may lack its folder.
  var vpnrun: String
  /// Instead of the application's name with the VPN's.
  var title: String?
  /// It is offered for files and links of the types that the application opens.
  var opensTypes = false
  var profile: Profile

  /// The settings, bookmarks and open windows of an application that shares its instance.
  enum Profile: Equatable {
    /// Of its own, below that folder of data: `vpnrun/VPN/APPLICATION`.
    case below(String)
    /// Of its own, there.
    case at(String)
    /// The application's ordinary one.
    case shared
  }

  static let vpnKey = "X-Vpnrun", applicationKey = "X-Vpnrun-Application", sourceKey = "X-Vpnrun-Source"

  /// Its file's name.
  var fileName: String { "\(windowClass).desktop" }
  private var windowClass: String { "vpnrun-\(vpn)-\(application)" }

  /// D-Bus would start the application outside; a name that is not the application's id could not be activated, either.
  private static let dbusKeys: Set<String> = ["DBusActivatable", "X-DBUS-ServiceName", "X-DBUS-StartupType"]

  /// The launcher's own file.
  func file(from original: DesktopFile) throws(Failure) -> DesktopFile {
    guard let entry = original.entry else { throw refusal("has no group [\(DesktopFile.main)]") }
    try refuseOthers(entry)
    let hasOwnClass = profile != .shared && shared(entry)?.separation.hasWindowClass == true
    var file = original
    try file.changeGroups { (group) throws(Failure) in
      let isMain = group.name == DesktopFile.main
      guard isMain || group.name.hasPrefix(DesktopFile.actionPrefix) else { return }
      if let exec = group["Exec"] { group.set("Exec", try wrapped(exec)) }
      group.remove(Self.dbusKeys)
      if isMain { change(&group, hasOwnClass: hasOwnClass) }
    }
    return file
  }

  private func change(_ entry: inout DesktopFile.Group, hasOwnClass: Bool) {
    if let title {
      entry.remove(["Name", "X-GNOME-FullName"])
      entry.set("Name", title.map { $0 == "\\" ? "\\\\" : String($0) }.joined())
    } else {
      for key in ["Name", "X-GNOME-FullName"] { entry.change(key) { "\($0) (\(vpn))" } }
    }
    // Who asks for a launcher wants to see it.
    entry.remove(opensTypes ? ["NoDisplay", "StartupWMClass"] : ["NoDisplay", "StartupWMClass", "MimeType"])
    if hasOwnClass { entry.set("StartupWMClass", windowClass) }
    entry.set(Self.vpnKey, vpn.description)
    entry.set(Self.applicationKey, application)
    entry.set(Self.sourceKey, source)
  }

  // MARK: The command

  /// `vpnrun home -- firefox --profile … %u`: what was there stays as it was quoted.
  private func wrapped(_ exec: String) throws(Failure) -> String {
    guard var line = DesktopCommandLine(exec) else { throw refusal("has a command whose quotes are not closed: Exec=\(printable(exec))") }
    var before = [vpnrun, vpn.description, "--"]
    if let shared = SharedInstance.started(by: Array(line.program.utf8)) {
      if profile == .shared || !shared.separation.isKnown {
        // Where what vpnrun says is not read, no window is better than one outside.
        before.insert("--guard=refuse", at: 1)
      } else if !shared.opensByItself(line.arguments.map { Array($0.utf8) }) {
        let folder = folder(shared)
        let options = shared.separation.after(folder: folder, url: Self.urlPath(folder), vpn: vpn.description)
        line.insert(options + shared.separation.classOptions(windowClass), at: line.programIndex + 1)
        before += shared.separation.before
      }
    }
    line.insert(before, at: 0)
    return line.value
  }

  /// The application, as far as its main command tells, if it is one of those.
  func shared(_ entry: DesktopFile.Group) -> SharedInstance? {
    entry["Exec"].flatMap { DesktopCommandLine($0) }.flatMap { SharedInstance.started(by: Array($0.program.utf8)) }
  }

  /// Where a separate profile is.
  func folder(_ shared: SharedInstance) -> String {
    switch profile {
    case .at(let folder): folder
    case .below(let data): "\(data)/vpnrun/\(vpn)/\(shared.commands[0])"
    case .shared: ""
    }
  }

  /// RFC 3986.
  private static func urlPath(_ path: String) -> String {
    path.utf8.map { c in
      let scalar = Unicode.Scalar(c)
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-._~/".unicodeScalars.contains(scalar))
      return isPlain ? String(scalar) : "%" + (c < 16 ? "0" : "") + String(c, radix: 16, uppercase: true)
    }.joined()
  }

  // MARK: What cannot be done

  private func refuseOthers(_ entry: DesktopFile.Group) throws(Failure) {
    guard entry[Self.vpnKey] == nil else { throw refusal("is a launcher of vpnrun's already: name the application itself") }
    guard entry["Type"] == "Application" else { throw refusal("is no application, but of the type \(printable(entry["Type"] ?? "none"))") }
    guard let exec = entry["Exec"] else { throw refusal("has no command (Exec): it is only started by D-Bus, which would do that outside") }
    guard let line = DesktopCommandLine(exec) else { return }
    let advice = "it is not known to stay in a VPN. Install the distribution's own package, or the maker's"
    let path = line.words[line.programIndex].text
    if entry["X-Flatpak"] != nil || line.program == "flatpak" {
      throw refusal("is a Flatpak: services outside its sandbox, which D-Bus starts, do a part of its work, so that \(advice)")
    }
    if entry["X-SnapInstanceName"] != nil || line.program == "snap" || path.hasPrefix("/snap/bin/") {
      throw refusal("is a Snap: it has its own view of the system, kept outside by snapd, so that \(advice)")
    }
  }

  private func refusal(_ sentence: String) -> Failure { Failure("\(printable(source)) \(sentence)") }
}
