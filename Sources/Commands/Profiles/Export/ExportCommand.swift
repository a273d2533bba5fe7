internal import ArgumentParser
internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a VPN as a file for wg-quick, or for another program. Needs root.",
    discussion: """
      For wg-quick it has the keys, including those in key files, and nothing of [VPN]. Files for other programs say in comments what these \
      cannot do, and `vpn import` reads them back. Only root can read a file with a key, for networkd also its own user.
      """
        + examples(
          "sudo vpn export home", "sudo vpn export home - > home.conf", "sudo vpn export --format networkd home /etc/systemd/network"))

  @OptionGroup var vpn: NameArgument

  @Argument(help: "A file or folder, or - for standard output; otherwise NAME.conf or the like, here.", completion: .file())
  var file: String?

  @Option(help: "wireguard, networkd, ifupdown-ng, networkmanager or nixos.")
  var format = ExportFormat.wireguard

  @Flag(help: "Replace existing files.")
  var force = false

  func run() throws { try ExportRequest(name: vpn.name, file: file, format: format, force: force).run() }
}

struct ExportRequest: CommandRequest {
  var name: String
  /// `-` is standard output; `nil` is NAME.conf, here.
  var file: String?
  var format = ExportFormat.wireguard
  var force = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let option = format == .wireguard ? "" : "--format \(format.rawValue) "
    try installation.requireRoot("exporting a VPN", "export \(option)\(name)" + (file.map { " " + $0 } ?? ""))
    let name = try installation.profiles.find(name)
    guard let content = try installation.profiles.contents(of: name) else { throw Failure("there is no VPN '\(name)' any more") }
    let profile: Profile
    do throws(ProfileErrors) { profile = try Profile.parse(content) } catch {
      throw Failure(lines: error.lines(of: installation.profiles.file(of: name)))
    }
    guard format != .wireguard else {
      if profile.link != nil {
        throw Failure(
          "\(name) has `Link`, and no [Peer]: there is no tunnel for wg-quick; \(installation.profiles.file(of: name)) has all of it")
      }
      let clean = try keyed(content).forWGQuick
      if file == "-" { return Answer(text: String(decoding: clean, as: UTF8.self)) }
      let path = try write([("\(name).conf", clean, nil)])[0]
      return Answer(text: "\(name) exported to \(printable(path))\n")
    }
    // A NixOS system has the keys in files anyway.
    let whole = format == .nixOS ? content : try keyed(content).lines.flatMap { $0.text + [0x0a] }
    let plan = try ExportPlan(
      name, content, keyed: whole, as: format, table: UnderlayTable(ip: installation.ip, folder: installation.profiles).number)
    let notes = plan.losses.map { "\(format.program) does not do: \($0)" } + plan.remarks
    if file == "-" {
      let texts = plan.files.map { plan.files.count == 1 ? $0.text : "# \($0.name)\n\($0.text)" }
      return Answer(text: texts.joined(separator: "\n"), notes: notes)
    }
    let paths = try write(plan.files.map { ($0.name, Array($0.text.utf8), $0.group) })
    let missing = Set(plan.files.compactMap(\.group)).filter { User.groupNumber(of: $0) == nil }
    let unreadable = missing.map {
      "there is no group \($0) here: where there is one, `sudo chown root:\($0)` and `sudo chmod 640` the files"
    }
    let next = format.installing("\(name)", paths, link: profile.link?.description, isThere: Self.lies).map { "  \($0)\n" }.joined()
    return Answer(text: "\(name) exported to \(paths.map(printable).joined(separator: ", "))\nNext:\n\(next)", notes: notes + unreadable)
  }

  /// However its path is written: `./home.netdev` may be in /etc/systemd/network, too.
  /// - Returns: whether a file, which must exist, lies in that folder.
  static func lies(_ path: String, in folder: String) -> Bool {
    guard let found = Files.resolved(path) else { return false }
    return String(found[..<(found.lastIndex(of: "/") ?? found.startIndex)]) == Files.resolved(folder) ?? folder
  }

  private func keyed(_ content: [UInt8]) throws(Failure) -> ProfileSource {
    try ProfileSource(content).withKeys { key, file throws(Failure) in try SecretFile.key(in: file, key) }
  }

  private typealias Content = (name: String, content: [UInt8], group: String?)

  /// All or none, unless a disk is full.
  /// - Returns: their paths.
  private func write(_ files: [Content]) throws(Failure) -> [String] {
    let typed = file ?? "."
    let isFolder = FileStatus.of(typed)?.kind == .folder
    guard isFolder || files.count == 1 else {
      throw Failure("\(format.program) needs \(files.count) files: \(printable(typed)) must be a folder")
    }
    let paths = files.map { one in !isFolder ? typed : file == nil ? one.name : (typed.hasSuffix("/") ? typed : typed + "/") + one.name }
    for path in paths {
      // A device or a link is never replaced: that would leave the machine without it.
      let kind = FileStatus.of(path)?.kind
      guard kind == nil || force && kind == .file else {
        throw Failure("\(printable(path)) is there already" + (kind == .file ? ": --force replaces it" : ", and is no plain file"))
      }
    }
    for (path, file) in zip(paths, files) { try write(file, to: path) }
    return paths
  }

  private func write(_ file: Content, to path: String) throws(Failure) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[...$0]) } ?? "."
    let last = String(path[(slash.map { path.index(after: $0) } ?? path.startIndex)...])
    try Failure.saying("cannot write \(printable(path))") { () throws(SystemError) in
      let folder = try FileDescriptor(reading: folder)
      let readers = file.group.flatMap { User.groupNumber(of: $0) }
      if FileStatus.of(path)?.kind == .file { return try folder.replace(last, with: file.content, mode: 0o600, readers: readers) }
      let new = try FileDescriptor(creating: last, in: folder, mode: 0o600)
      do throws(SystemError) {
        try new.writeAll(file.content)
        if let readers { try new.letRead(group: readers) }
        try new.sync()
        try folder.sync()
      } catch {
        try? folder.remove(last)
        throw error
      }
    }
  }
}

/// Which table an underlay is: that of a VRF as ip(8) shows it, of another VPN as its profile has it, or of a name.
private struct UnderlayTable {
  var ip: String
  var folder: ProfileFolder

  private struct Link: Decodable {
    struct Info: Decodable {
      struct Data: Decodable { var table: UInt32? }
      enum CodingKeys: String, CodingKey { case data = "info_data" }
      var data: Data?
    }
    var linkinfo: Info?
  }

  func number(_ underlay: Underlay) throws(Failure) -> UInt32? {
    let vrf: ByteString
    switch underlay {
    case .table(let number): return number
    case .named(let name): return TableNameFiles.search { routingTable(named: name, in: $0) }
    case .vpn(let name):
      guard let text = try? folder.contents(of: name), let profile = try? Profile.parse(text), let id = profile.id else { return nil }
      return VPN(name: name, id: id, profile: profile, peers: []).table
    case .vrf(let name): vrf = name
    }
    let said = try Look.says(ip, ["-j", "-d", "link", "show", "dev", vrf.description])
    return said.flatMap { decoded([Link].self, $0) }?.first?.linkinfo?.data?.table
  }
}
