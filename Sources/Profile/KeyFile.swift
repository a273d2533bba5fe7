/// `PrivateKeyFile`, `PresharedKeyFile`: the path of a file that has a key in it, from the root: at most 4095 of
/// `A-Z a-z 0-9 / . _ - + @ :`. No key is written like this, since keys end in `=`: what is in the wrong place is not taken for a path.
public struct KeyFile: Equatable, Sendable, CustomStringConvertible {
  public let path: String

  public init?(_ text: some Collection<UInt8>) {
    let signs = Array("/._-+@:".utf8)
    guard text.first == UInt8(ascii: "/"), (2...4095).contains(text.count),
      text.allSatisfy({ $0.isLetter || $0.isDigit || signs.contains($0) })
    else { return nil }
    path = String(decoding: text, as: UTF8.self)
  }

  public var description: String { path }

  public static func == (a: KeyFile, b: KeyFile) -> Bool { a.path.utf8.elementsEqual(b.path.utf8) }
}
