internal import LinuxSystem

/// A command of `vpn` that starts with the user's session (Desktop Application Autostart Specification).
struct SessionStart {
  var fileName: String
  var name: String
  var comment: String
  /// After `vpn`.
  var command: String

  private func folder(on installation: Installation) throws(Failure) -> String {
    guard let folder = installation.desktop.autostart else { throw Failure("neither HOME nor XDG_CONFIG_HOME is set") }
    return folder
  }

  func removed(on installation: Installation) throws(Failure) -> Answer {
    let path = "\(try folder(on: installation))/\(fileName)"
    guard Files.exists(path) else { return Answer(text: "off\n") }
    try Failure.saying("cannot remove \(printable(path))") { () throws(SystemError) in try Files.remove(path) }
    return Answer(text: "off, from the next session on\n")
  }

  func written(on installation: Installation) throws(Failure) -> Answer {
    let folder = try folder(on: installation)
    let program = installation.vpnrun.dropLast("run".count)
    let text = """
      [Desktop Entry]
      Type=Application
      Name=\(name)
      Comment=\(comment)
      Exec=\(DesktopCommandLine.quoted(String(program))) \(command)
      Icon=network-vpn
      NoDisplay=true

      """
    try Failure.saying("cannot write \(printable(folder))/\(fileName)") { () throws(SystemError) in
      try Files.makeFolders(folder)
      try FileDescriptor(reading: folder).replace(fileName, with: Array(text.utf8), mode: 0o644)
    }
    return Answer(text: "on, from the next session on\n", notes: ["until then: vpn \(command) &"])
  }
}
