/// The lines of a file with their numbers from 1, without their ends (LF or CRLF) and without a byte order mark. What comes after the last
/// line's end is none. Slices keep their indices.
public struct FileLines: Sequence, IteratorProtocol {
  private var rest: ArraySlice<UInt8>
  private var number = 0

  public init(_ file: [UInt8]) { rest = file[(file.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0)...] }

  public mutating func next() -> (number: Int, text: ArraySlice<UInt8>)? {
    guard !rest.isEmpty else { return nil }
    number += 1
    var line = rest
    if let end = rest.firstIndex(of: 0x0a) {
      line = rest[..<end]
      rest = rest[(end + 1)...]
    } else {
      rest = rest[rest.endIndex...]
    }
    if line.last == 0x0d { line = line.dropLast() }
    return (number, line)
  }
}
