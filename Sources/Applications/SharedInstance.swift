/// An application of which one process opens all windows: one that is started later asks the first, and ends. What was to run in a VPN
/// then runs wherever the first one does.
public struct SharedInstance: Sendable {
  /// As people call it.
  public var name: String
  /// Base names of the programs that start it; the first names the folder of a separate profile.
  public var commands: [String]
  /// The process that opens the windows: the base name of its file, or its name as ps(1) shows it. None: a service of the session does,
  /// whether or not it runs yet.
  public var processes: [String]
  /// How one is started that has to do with no other.
  public var separation: Separation
  /// Options, without their dashes, of one that has to do with no other.
  var apart: [String]
  /// The same; but it may be asked by others.
  var alone: [String] = []

  public struct Separation: Sendable {
    /// Words before the program.
    public var before: [String] = []
    /// Words after the program. `%f` is a folder for its profile, `%u` the same in a URL, `%n` the VPN's name.
    var options: [String] = []
    /// Gives its windows a class of their own, by which a desktop tells launchers apart; `%c` is the class.
    var windowClass: [String] = []
  }

  /// - Parameter program: a path's last part.
  public static func started(by program: some Collection<UInt8>) -> SharedInstance? {
    all.first { $0.commands.contains { program.elementsEqual($0.utf8) } }
  }

  public func isProcess(_ name: some Collection<UInt8>) -> Bool { processes.contains { name.elementsEqual($0.utf8) } }

  /// Whether what is typed opens its windows itself, or none.
  public func opensByItself(_ arguments: [[UInt8]]) -> Bool {
    arguments.contains { Self.option($0, isIn: apart) || Self.option($0, isIn: alone) || Self.option($0, isIn: ["help", "version"]) }
  }

  /// Whether a running one is left alone by those that are started without such options.
  public func isApart(_ arguments: [[UInt8]]) -> Bool { arguments.contains { Self.option($0, isIn: apart) } }

  /// Programs differ in how many dashes they want, and take the value in the same word or in the next one.
  private static func option(_ word: [UInt8], isIn names: [String]) -> Bool {
    let name = word.drop { $0 == UInt8(ascii: "-") }
    guard name.count < word.count else { return false }
    return names.contains {
      name.starts(with: $0.utf8) && (name.count == $0.utf8.count || name[name.startIndex + $0.utf8.count] == UInt8(ascii: "="))
    }
  }
}

extension SharedInstance.Separation {
  /// It is known how to do it.
  public var isKnown: Bool { !before.isEmpty || !options.isEmpty }
  public var hasWindowClass: Bool { !windowClass.isEmpty }
  /// It keeps settings, bookmarks and the like in a folder of their own.
  public var hasFolder: Bool { options.contains { Self.place(of: "%f", in: $0) != nil || Self.place(of: "%u", in: $0) != nil } }

  /// Words after the program.
  public func after(folder: String, url: String, vpn: String) -> [String] {
    options.map { Self.fill(Self.fill(Self.fill($0, "%f", folder), "%u", url), "%n", vpn) }
  }

  public func classOptions(_ name: String) -> [String] { windowClass.map { Self.fill($0, "%c", name) } }

  /// The text with the value in the mark's place.
  private static func fill(_ text: String, _ mark: String, _ value: String) -> String {
    guard let place = place(of: mark, in: text) else { return text }
    let bytes = Array(text.utf8)
    return String(decoding: bytes[..<place.lowerBound] + Array(value.utf8) + bytes[place.upperBound...], as: UTF8.self)
  }

  private static func place(of mark: String, in text: String) -> Range<Int>? {
    let bytes = Array(text.utf8)
    return bytes.indices.first { bytes[$0...].starts(with: mark.utf8) }.map { $0..<($0 + mark.utf8.count) }
  }
}
