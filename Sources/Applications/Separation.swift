extension SharedInstance {
  /// Words and variables of one that has to do with no other. In them `%f` is a folder for its profile, `%u` the same in a URL, `%n` the
  /// VPN's name, and `%c` a class for its windows.
  public struct Separation: Sendable {
    /// Words before the program.
    public var before: [String] = []
    /// Words after the program.
    var options: [String] = []
    /// Gives its windows a class of their own, by which a desktop tells launchers apart.
    var windowClass: [String] = []
    var variables: [(name: String, value: String)] = []
  }

  public func advice(vpn: String) -> String? {
    advice.map { String(decoding: Separation.fill($0, .init(folder: [], vpn: vpn, windowClass: "")), as: UTF8.self) }
  }

  /// What vpnrun(1) gives a separate one, and its launcher says to the desktop.
  public func windowClass(vpn: String) -> String { "vpnrun-\(vpn)-\(commands[0])" }
}

extension SharedInstance.Separation {
  /// It is known how to do it.
  public var isKnown: Bool { !before.isEmpty || !options.isEmpty || !variables.isEmpty }
  public var hasWindowClass: Bool { !windowClass.isEmpty }
  /// It keeps settings, bookmarks and the like in a folder of their own.
  public var hasFolder: Bool {
    (options + variables.map { $0.value }).contains { Self.place(of: "%f", in: $0) != nil || Self.place(of: "%u", in: $0) != nil }
  }

  /// What takes the marks' places.
  public struct Values {
    var folder: [UInt8]
    var vpn: [UInt8]
    var windowClass: [UInt8]

    public init(folder: [UInt8], vpn: String, windowClass: String) {
      (self.folder, self.vpn, self.windowClass) = (folder, Array(vpn.utf8), Array(windowClass.utf8))
    }
  }

  /// - Parameters:
  ///   - words: of the command.
  ///   - program: where in them the program stands.
  public func words(_ words: [[UInt8]], program: Int, _ values: Values) -> [[UInt8]] {
    words[..<program] + before.map { Array($0.utf8) } + [words[program]] + (options + windowClass).map { Self.fill($0, values) }
      + words[(program + 1)...]
  }

  public func environment(_ values: Values) -> [(name: [UInt8], value: [UInt8])] {
    variables.map { (Array($0.name.utf8), Self.fill($0.value, values)) }
  }

  fileprivate static func fill(_ text: String, _ values: Values) -> [UInt8] {
    let replacements = [("%f", values.folder), ("%u", urlPath(values.folder)), ("%n", values.vpn), ("%c", values.windowClass)]
    for (mark, value) in replacements {
      guard let place = place(of: mark, in: text) else { continue }
      let bytes = Array(text.utf8)
      return bytes[..<place.lowerBound] + value + bytes[place.upperBound...]
    }
    return Array(text.utf8)
  }

  private static func place(of mark: String, in text: String) -> Range<Int>? {
    let bytes = Array(text.utf8)
    return bytes.indices.first { bytes[$0...].starts(with: mark.utf8) }.map { $0..<($0 + mark.utf8.count) }
  }

  /// RFC 3986.
  static func urlPath(_ path: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return path.flatMap { c -> [UInt8] in
      switch c {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x2f, 0x5f, 0x7e: [c]
      default: [0x25, digits[Int(c >> 4)], digits[Int(c & 15)]]
      }
    }
  }
}
