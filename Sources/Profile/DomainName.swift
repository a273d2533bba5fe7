internal import NetworkModel

/// A host's name or a search domain: labels of 1–63 letters, digits, `-` and `_`, no `-` at either end of a label, 1–253 bytes and
/// perhaps a final dot (RFC 1035 §2.3.4, RFC 1123 §2.1, and `_`, which is in use). Other alphabets are written in punycode.
/// The last label is not a number, so that no misspelt address is a name.
public struct DomainName: Equatable, Sendable, CustomStringConvertible {
  private let text: ByteString
  public var description: String { text.description }
  public static let rule = "a name has letters, digits, - and _ between its dots, at most 63 each and 253 in all"

  public init?(_ text: some Collection<UInt8>) {
    let labels = Array(text).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let isAbsolute = labels.count > 1 && labels[labels.count - 1].isEmpty
    let named = isAbsolute ? labels.dropLast() : labels[...]
    guard text.count - (isAbsolute ? 1 : 0) <= 253, let last = named.last, !last.allSatisfy({ $0.isDigit }) else { return nil }
    for label in named {
      guard let first = label.first, let last = label.last, label.count <= 63, first != UInt8(ascii: "-"), last != UInt8(ascii: "-"),
        label.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
      else { return nil }
    }
    self.text = ByteString(text)
  }

  public init?(_ text: String) { self.init(text.utf8) }
}
