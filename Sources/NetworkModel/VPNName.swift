/// The name of a VPN: 1–12 of `A-Z a-z 0-9 _ -`, the first a letter or digit, so that `br-NAME` and `wg.NAME` are links'
/// names (IFNAMSIZ is 16 with its NUL), what is made with a `.` is no VPN's name, and no name can be an option, a path or a word of another language.
public struct VPNName: Hashable, Sendable, CustomStringConvertible {
  private let text: ByteString
  public var description: String { text.description }
  public static let maximumLength = 12
  public static let rule = "a VPN's name has 1 to 12 of the characters A-Z a-z 0-9 _ - and begins with a letter or digit"

  public init?(_ text: some Collection<UInt8>) {
    func isAlphanumeric(_ c: UInt8) -> Bool { (0x30...0x39).contains(c) || (0x41...0x5a).contains(c) || (0x61...0x7a).contains(c) }
    guard let first = text.first, isAlphanumeric(first), text.count <= Self.maximumLength,
      text.allSatisfy({ isAlphanumeric($0) || $0 == 0x5f || $0 == 0x2d })
    else { return nil }
    self.text = ByteString(text)
  }

  public init?(_ text: String) { self.init(text.utf8) }
}
