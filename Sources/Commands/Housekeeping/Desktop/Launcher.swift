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
  var kind: Kind

  enum Kind: Equatable {
    /// One more, with a name of its own.
    /// - Parameter title: instead of the application's name with the VPN's.
    case beside(title: String?, Profile)
    /// In the place of the application's own.
    case always
  }

  /// The settings, bookmarks and open windows of an application that shares its instance.
  enum Profile: Equatable {
    /// Of its own, where `vpnrun --separate` has it.
    case separate
    /// Of its own, there.
    case at(String)
    /// The application's ordinary one.
    case shared
  }

  /// It may be a Flatpak.
  var allowsFlatpak = false

  static let vpnKey = "X-Vpnrun", applicationKey = "X-Vpnrun-Application", sourceKey = "X-Vpnrun-Source", alwaysKey = "X-Vpnrun-Always"

  /// Its file's name.
  var fileName: String { kind == .always ? "\(application).desktop" : "vpnrun-\(vpn)-\(application).desktop" }

  /// D-Bus would start the application outside, or have one that runs there open the window.
  private static let dbusKeys: Set<String> = ["DBusActivatable", "X-DBUS-ServiceName", "X-DBUS-StartupType"]

  /// The launcher's own file.
  func file(from original: DesktopFile) throws(Failure) -> DesktopFile {
    guard let entry = original.entry else { throw refusal("has no group [\(DesktopFile.main)]") }
    try refuseOthers(entry)
    let instance = shared(entry)
    var file = original
    // What only D-Bus can do.
    let actions = entry.list("Actions").filter { original[group: DesktopFile.actionPrefix + $0]?["Exec"] == nil }
    for action in actions { file.remove(group: DesktopFile.actionPrefix + action) }
    try file.changeGroups { (group) throws(Failure) in
      let isMain = group.name == DesktopFile.main
      guard isMain || group.name.hasPrefix(DesktopFile.actionPrefix) else { return }
      if let exec = group["Exec"] { group.set("Exec", try wrapped(exec)) }
      group.remove(Self.dbusKeys)
      guard isMain else { return }
      if !actions.isEmpty { group.set("Actions", list: group.list("Actions").filter { !actions.contains($0) }) }
      change(&group, instance)
    }
    return file
  }

  private func change(_ entry: inout DesktopFile.Group, _ instance: SharedInstance?) {
    if case .beside(let title, let profile) = kind {
      if let title {
        entry.remove(["Name", "X-GNOME-FullName"])
        entry.set("Name", title.map { $0 == "\\" ? "\\\\" : String($0) }.joined())
      } else {
        for key in ["Name", "X-GNOME-FullName"] { entry.change(key) { "\($0) (\(vpn))" } }
      }
      // Who asks for a launcher wants to see it.
      entry.remove(["NoDisplay", "StartupWMClass"])
      if profile != .shared, let instance, instance.separation.hasWindowClass {
        entry.set("StartupWMClass", instance.windowClass(vpn: vpn.description))
      }
    }
    // In a table of types it would come before all others: see Associations.
    entry.remove(["MimeType"])
    // Without vpnrun there is nothing to be started. What has become of the application is said when that is tried.
    entry.set("TryExec", vpnrun.map { $0 == "\\" ? "\\\\" : String($0) }.joined())
    entry.set(Self.vpnKey, vpn.description)
    entry.set(Self.applicationKey, application)
    entry.set(Self.sourceKey, source)
    if kind == .always { entry.set(Self.alwaysKey, "true") }
  }

  // MARK: The command

  /// `vpnrun --desktop --separate home -- firefox %u`: what was there stays as it was quoted.
  private func wrapped(_ exec: String) throws(Failure) -> String {
    guard var line = DesktopCommandLine(exec) else { throw refusal("has a command whose quotes are not closed: Exec=\(printable(exec))") }
    line.insert(words(for: line), at: 0)
    return line.value
  }

  /// What stands before the application's command.
  private func words(for line: DesktopCommandLine) -> [String] {
    let shared = SharedInstance.started(by: Array(line.program.utf8))
    let canSeparate = shared.map { $0.separation.isKnown && !$0.opensByItself(line.arguments.map { Array($0.utf8) }) } ?? false
    switch kind {
    case .beside(_, .separate) where canSeparate: return [vpnrun, "--desktop", "--separate", vpn.description, "--"]
    case .beside(_, .at(let folder)) where canSeparate: return [vpnrun, "--desktop", "--separate=\(folder)", vpn.description, "--"]
    case .beside: return [vpnrun, "--desktop", vpn.description, "--"]
    // Its ordinary profile; but a service of the session's opens windows outside.
    case .always where canSeparate && shared?.service != nil: return [vpnrun, "--desktop=always", "--separate", vpn.description, "--"]
    case .always: return [vpnrun, "--desktop=always", vpn.description, "--"]
    }
  }

  /// The application, as far as its main command tells, if it is one of those.
  func shared(_ entry: DesktopFile.Group) -> SharedInstance? {
    entry["Exec"].flatMap { DesktopCommandLine($0) }.flatMap { SharedInstance.started(by: Array($0.program.utf8)) }
  }

  // MARK: What cannot be done

  private func refuseOthers(_ entry: DesktopFile.Group) throws(Failure) {
    guard entry[Self.vpnKey] == nil else { throw refusal("is a launcher of vpnrun's already: name the application itself") }
    guard entry["Type"] == "Application" else { throw refusal("is no application, but of the type \(printable(entry["Type"] ?? "none"))") }
    guard let exec = entry["Exec"] else { throw refusal("has no command (Exec): it is only started by D-Bus, which would do that outside") }
    guard let line = DesktopCommandLine(exec) else { return }
    let path = line.words[line.programIndex].text
    if entry["X-Flatpak"] != nil || line.program == "flatpak" {
      guard kind != .always else { throw refusal("is a Flatpak, which cannot be kept from being started outside: make a launcher of it") }
      guard allowsFlatpak else {
        throw refusal(
          "is a Flatpak: it stays in the VPN, but services outside its sandbox open files and links for it. --flatpak makes a launcher")
      }
    }
    if entry["X-SnapInstanceName"] != nil || line.program == "snap" || path.hasPrefix("/snap/bin/") {
      throw refusal(
        "is a Snap: it has its own view of the system, kept outside by snapd, so that it is not known to stay in a VPN. "
          + "Install the distribution's own package, or the maker's")
    }
  }

  private func refusal(_ sentence: String) -> Failure { Failure("\(printable(source)) \(sentence)") }
}
