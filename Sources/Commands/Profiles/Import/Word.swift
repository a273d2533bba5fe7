/// A part of a file that is imported, and where it stands there.
struct Word: Equatable {
  struct Place: Equatable {
    /// Which of the files, where several make one VPN.
    var file: Int
    /// From 1.
    var line: Int
    /// Bytes from 1.
    var column: Int
  }

  var bytes: ArraySlice<UInt8>
  var place: Place
  /// It does not stand in the file like this: all of it is at its place.
  var isMadeUp = false

  var text: String { String(decoding: bytes, as: UTF8.self) }

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
struct ForeignErrors: Error, Equatable {
  struct Problem: Equatable {
    var place: Word.Place
    var sentence: String
  }

  var problems: [Problem]

  init(_ problems: [Problem]) { self.problems = problems }
  init(_ place: Word.Place, _ sentence: String) { problems = [Problem(place: place, sentence: sentence)] }
}
