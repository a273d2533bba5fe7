internal import ArgumentParser
internal import LinuxSystem
internal import NetworkModel
internal import Profile

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a VPN as a file for wg-quick. Needs root.",
    discussion: "It has the keys, including those in key files, and nothing of [VPN]. Only root can read it."
      + examples(
        "sudo vpn export home", "sudo vpn export home - > home.conf"))

  @OptionGroup var vpn: NameArgument

  @Argument(help: "A file or folder, or - for standard output; otherwise NAME.conf.", completion: .file())
  var file: String?

  @Flag(help: "Replace an existing file.")
  var force = false

  func run() throws { try ExportRequest(name: vpn.name, file: file, force: force).run() }
}

struct ExportRequest: CommandRequest {
  var name: String
  /// `-` is standard output; `nil` is NAME.conf, here.
  var file: String?
  var force = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    try installation.requireRoot("exporting a VPN", "export \(name)" + (file.map { " " + $0 } ?? ""))
    let name = try installation.profiles.find(name)
    guard let content = try installation.profiles.contents(of: name) else { throw Failure("there is no VPN '\(name)' any more") }
    do throws(ProfileErrors) { _ = try Profile.parse(content) } catch {
      throw Failure(lines: error.lines(of: installation.profiles.file(of: name)))
    }
    let clean = try ProfileSource(content).withKeys { key, file throws(Failure) in try SecretFile.key(in: file, key) }.forWGQuick
    if file == "-" { return Answer(text: String(decoding: clean, as: UTF8.self)) }
    let file = try write(clean, of: name)
    return Answer(text: "\(name) exported to \(printable(file))\n")
  }

  private func write(_ content: [UInt8], of name: VPNName) throws(Failure) -> String {
    let typed = file ?? "\(name).conf"
    let path = FileStatus.of(typed)?.kind == .folder ? (typed.hasSuffix("/") ? typed : typed + "/") + "\(name).conf" : typed
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[...$0]) } ?? "."
    let last = String(path[(slash.map { path.index(after: $0) } ?? path.startIndex)...])
    // A device or a link is never replaced: that would leave the machine without it.
    let kind = FileStatus.of(path)?.kind
    guard kind == nil || force && kind == .file else {
      throw Failure("\(printable(path)) is there already" + (kind == .file ? ": --force replaces it" : ", and is no plain file"))
    }
    try Failure.saying("cannot write \(printable(path))") { () throws(SystemError) in
      let folder = try FileDescriptor(reading: folder)
      if kind == .file { return try folder.replace(last, with: content, mode: 0o600) }
      let new = try FileDescriptor(creating: last, in: folder, mode: 0o600)
      do throws(SystemError) {
        try new.writeAll(content)
        try new.sync()
        try folder.sync()
      } catch {
        try? folder.remove(last)
        throw error
      }
    }
    return path
  }
}
