/// A name or a line of the kernel's or of a profile: a text that is the same as another if its bytes are. Comparing a `String` asks
/// whether two spellings of one letter are the same, for which Embedded Swift would need Unicode's tables: it compiles, passes
/// `swift test`, and fails when a program is linked. So values that are compared have none; `StringComparison.swift` refuses the rest.
public struct ByteString: Hashable, Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
  public let description: String

  public init(_ text: String) { description = text }
  public init(stringLiteral text: String) { description = text }
  public init(_ bytes: some Collection<UInt8>) { description = String(decoding: bytes, as: UTF8.self) }

  public var utf8: String.UTF8View { description.utf8 }
  public var isEmpty: Bool { description.isEmpty }

  public static func == (a: ByteString, b: ByteString) -> Bool { a.utf8.elementsEqual(b.utf8) }
  public func hash(into hasher: inout Hasher) { for c in utf8 { hasher.combine(c) } }
}
