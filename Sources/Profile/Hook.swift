/// A line that wg-quick acts on besides the tunnel: `PreUp`, `PostUp`, `PreDown`, `PostDown`, `SaveConfig`. Nothing here ever does.
public struct Hook: Equatable, Sendable, CustomStringConvertible {
  public var key: ProfileKey
  /// As written, without comment and outer spaces; no control characters.
  public var value: String
  /// From 1.
  public var line: Int

  public init(_ key: ProfileKey, _ value: String, line: Int) {
    self.key = key
    self.value = value
    self.line = line
  }

  public var description: String { "\(key.name) = \(value)" }

  public static func == (a: Hook, b: Hook) -> Bool {
    a.key == b.key && a.line == b.line && a.value.utf8.elementsEqual(b.value.utf8)
  }
}
