/// A part of a file that is imported, and where it stands there.
public struct Word: Equatable {
  public struct Place: Equatable, Sendable {
    /// Which of the files, where several make one VPN.
    public var file: Int
    /// From 1.
    public var line: Int
    /// Bytes from 1.
    public var column: Int
  }

  public var bytes: ArraySlice<UInt8>
  public var place: Place
  /// It does not stand in the file like this: all of it is at its place.
  var isMadeUp = false

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// - Parameter part: a slice of `bytes`.
  func part(_ part: ArraySlice<UInt8>) -> Word {
    var place = place
    if !isMadeUp { place.column += part.startIndex - bytes.startIndex }
    return Word(bytes: part, place: place, isMadeUp: isMadeUp)
  }

  /// Without outer blanks.
  var trimmed: Word {
    let start = bytes.firstIndex { !Self.isBlank($0) } ?? bytes.endIndex
    let end = bytes.lastIndex { !Self.isBlank($0) }.map { $0 + 1 } ?? start
    return part(bytes[start..<end])
  }

  /// What stands between the separators, trimmed, without what is empty.
  func split(at isSeparator: (UInt8) -> Bool) -> [Word] {
    bytes.split(whereSeparator: isSeparator).map { part($0).trimmed }.filter { !$0.bytes.isEmpty }
  }

  func split(at separator: Character) -> [Word] { split { $0 == separator.asciiValue } }

  /// What stands before the first of these characters.
  func prefix(before ends: String) -> Word { part(bytes.prefix { !ends.utf8.contains($0) }).trimmed }

  /// The same place, another text.
  func saying(_ text: String) -> Word { Word(bytes: Array(text.utf8)[...], place: place, isMadeUp: true) }

  static func isBlank(_ c: UInt8) -> Bool { c == 0x20 || c == 0x09 }
}

/// All that another program's files have in them that cannot be imported, in order; at least one.
public struct ForeignErrors: Error, Equatable {
  public struct Problem: Equatable, Sendable {
    public var place: Word.Place
    public var sentence: String
  }

  public var problems: [Problem]

  init(_ problems: [Problem]) { self.problems = problems }
  init(_ place: Word.Place, _ sentence: String) { problems = [Problem(place: place, sentence: sentence)] }
}
