internal import NetworkModel

/// `PrivateKeyFile`, `PresharedKeyFile`: the path of a file that has a key in it, from the root: at most 4095 of
/// `A-Z a-z 0-9 / . _ - + @ :`. No key is written like this, since keys end in `=`: what is in the wrong place is not taken for a path.
public struct KeyFile: Equatable, Sendable, CustomStringConvertible {
  private let text: ByteString
  public var path: String { text.description }

  public init?(_ text: some Collection<UInt8>) {
    let signs = Array("/._-+@:".utf8)
    guard text.first == UInt8(ascii: "/"), (2...4095).contains(text.count),
      text.allSatisfy({ $0.isLetter || $0.isDigit || signs.contains($0) })
    else { return nil }
    self.text = ByteString(text)
  }

  public var description: String { path }
}
