internal import ForeignProfiles
internal import LinuxSystem
internal import NetworkModel
internal import Profile

/// What is imported, whatever its format: as the text of a profile, with what is known of where that comes from.
struct ImportSource {
  struct Original {
    /// For messages.
    var name: String
    var content: [UInt8]
  }

  /// In the format of wg-quick(8).
  private(set) var content: [UInt8]
  /// What it calls itself.
  private(set) var name: String?
  /// What was left out, for a person.
  private(set) var notes: [String] = []
  private var originals: [Original]
  private var translation: Translation?

  /// Bytes. A photograph has more than a text.
  static let maximumSize = 16 << 20

  /// - Parameters:
  ///   - file: `-` is standard input.
  ///   - given: what stands in it, where that is known.
  ///   - folder: what stands beside it.
  init(
    _ file: String, content given: [UInt8]? = nil, in folder: ImportFolder, _ installation: Installation, _ style: Style = .plain
  ) throws(Failure) {
    let shown = file == "-" ? "standard input" : printable(file)
    let content = if let given { given } else { try Self.contents(of: file, shown) }
    originals = [Original(name: shown, content: content)]
    self.content = content
    let format = ImportFormat(of: content)
    if case .picture(let kind) = format {
      self.content = try installation.qrReader.text(in: content, kind: kind, shown: shown, scratch: installation.scratch)
      return
    }
    if format == .wgQuick, let document = ForeignDocument(of: content) { throw Failure("\(shown) is \(document.sentence)") }
    guard content.count <= Profile.maximumSize else { throw Failure("cannot read \(shown): \(SystemError.tooBig.reason)") }
    guard format != .wgQuick else { return }
    let source = try ForeignSource(originals[0], format, in: folder)
    originals = source.originals
    do throws(ForeignErrors) { translation = try source.translation() } catch {
      throw failure(error.problems.map { ($0.place, $0.sentence, true) }, style)
    }
    name = translation?.name
    notes = translation?.notes.map { "\(shown): \(printable($0))" } ?? []
    self.content = translation?.text ?? content
  }

  private static func contents(of file: String, _ shown: String) throws(Failure) -> [UInt8] {
    try Failure.saying("cannot read \(shown)") { () throws(SystemError) in
      let opened = file == "-" ? FileDescriptor.standardInput() : try FileDescriptor(readingWhatIsThere: file)
      return try opened.readAll(limit: maximumSize)
    }
  }

  /// - Throws: all that is wrong, where it stands in the original.
  func profile(_ style: Style) throws(Failure) -> Profile {
    do throws(ProfileErrors) { return try Profile.parse(content) } catch {
      guard let translation else { throw Failure(lines: error.lines(of: originals[0].name, style)) }
      throw failure(error.errors.map { (translation.place(line: $0.line, column: $0.column), $0.message, $0.excerpt != nil) }, style)
    }
  }

  /// What it would be called: as it calls itself, or after its file.
  func derivedName(of file: String) throws(Failure) -> VPNName {
    if file == "-", ownName(of: file) == file { throw Failure("standard input has no name: add --name NAME", status: .usage) }
    return try ProfileName.derived(from: ownName(of: file))
  }

  /// What a name is made from.
  func ownName(of file: String) -> String {
    if let own = name?.replacing("/", with: "-"), ProfileName.canSpell(own) { return own }
    return file
  }

  private func failure(_ problems: [(place: Word.Place, sentence: String, isShown: Bool)], _ style: Style) -> Failure {
    let order = problems.indices.sorted { a, b in
      let (x, y) = (problems[a].place, problems[b].place)
      return (x.file, x.line, x.column, a) < (y.file, y.line, y.column, b)
    }
    return Failure(
      lines: order.map { problems[$0] }.flatMap { place, sentence, isShown in
        let original = originals[place.file]
        let excerpt = isShown ? original.excerpt(ofLine: place.line) : nil
        let error = ProfileError(line: place.line, column: place.column, message: sentence, excerpt: excerpt)
        return ProfileErrors([error]).lines(of: original.name, style)
      })
  }
}

extension ImportSource.Original {
  /// A line that holds no secret: a section's that has no key in it, or a setting's that is none. A second `=` may end a key's base64.
  fileprivate func excerpt(ofLine number: Int) -> String? {
    guard let (_, line) = SettingsFile.lines(of: content, file: 0).first(where: { $0.0 == number }) else { return nil }
    let text = line.text
    let isSafe =
      line.bytes.first == UInt8(ascii: "[")
      ? line.bytes.allSatisfy { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7d || $0 == UInt8(ascii: "4") || $0 == UInt8(ascii: "6") }
        && line.bytes.count < 40
      : line.bytes.count(where: { $0 == UInt8(ascii: "=") }) == 1 && !text.lowercased().contains("key")
    return isSafe && line.bytes.count <= 200 && printable(text) == text ? text : nil
  }
}

/// What stands beside a file that is imported.
enum ImportFolder {
  /// Beside standard input.
  case none
  case folder(String)
  /// The folder's path in it ends in `/`, if it has one.
  case archive(ZipArchive, folder: String, members: [String])

  static func of(_ file: String) -> ImportFolder {
    guard file != "-" else { return .none }
    guard let slash = file.lastIndex(of: "/") else { return .folder(".") }
    return .folder(slash == file.startIndex ? "/" : String(file[..<slash]))
  }

  /// Sorted as systemd does it.
  /// - Parameter sub: a folder in it, or nothing.
  func names(in sub: String = "") -> [String] {
    switch self {
    case .none: return []
    case .folder(let path): return ((try? Files.list("\(path)/\(sub)")) ?? []).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    case .archive(_, let folder, let members):
      let start = folder + (sub.isEmpty ? "" : sub + "/")
      let names = members.filter { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) }.filter {
        !$0.isEmpty && !$0.contains("/")
      }
      return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
  }

  /// - Parameter limit: bytes.
  func original(_ name: String, limit: Int = Profile.maximumSize) throws(Failure) -> ImportSource.Original {
    switch self {
    case .none: throw Failure("there is no file beside standard input")
    case .folder(let path):
      let shown = printable(path == "." ? name : "\(path)/\(name)")
      let content = try Failure.saying("cannot read \(shown)") { () throws(SystemError) in
        try FileDescriptor(readingWhatIsThere: "\(path)/\(name)").readAll(limit: limit)
      }
      return .init(name: shown, content: content)
    case .archive(let archive, let folder, _):
      return .init(name: printable("\(archive.path)/\(folder)\(name)"), content: try archive.contents(of: folder + name, limit: limit))
    }
  }
}
