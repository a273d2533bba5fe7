internal import LinuxSystem

/// A file of proc(5), as bytes: such a file has no text but ASCII and what a program calls itself, and `vpn ps` reads thousands of lines.
struct ProcFile {
  private let bytes: [UInt8]

  /// - Parameter path: of a file; one that cannot be read is empty.
  init(_ path: String) { bytes = (try? FileDescriptor(reading: path).readAll(limit: .max)) ?? [] }

  /// `nil`: there is nothing.
  var whole: ArraySlice<UInt8>? { bytes.isEmpty ? nil : bytes[...] }
  var text: String { String(decoding: bytes, as: UTF8.self) }
  var lines: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "\n")) }
}

extension ArraySlice<UInt8> {
  var words: [ArraySlice<UInt8>] { split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }
  var text: String { String(decoding: self, as: UTF8.self) }

  /// A whole number; `nil`: it is none, or is too large.
  func number<Number: FixedWidthInteger>(radix: Number = 10) -> Number? {
    var number: Number = 0
    guard !isEmpty else { return nil }
    for byte in self {
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue.flatMap({ Number(exactly: $0) }), digit < radix else { return nil }
      let (product, isLarge) = number.multipliedReportingOverflow(by: radix)
      let (sum, isLarger) = product.addingReportingOverflow(digit)
      guard !isLarge, !isLarger else { return nil }
      number = sum
    }
    return number
  }

  func isWord(_ word: String) -> Bool { elementsEqual(word.utf8) }
  func starts(with word: String) -> Bool { starts(with: word.utf8) }
  func ends(with word: String) -> Bool { suffix(word.utf8.count).elementsEqual(word.utf8) }

  /// Pairs of hexadecimal digits.
  var pairs: [UInt8] {
    stride(from: startIndex, to: endIndex - 1, by: 2).compactMap { self[$0...($0 + 1)].number(radix: 16) }
  }
}
