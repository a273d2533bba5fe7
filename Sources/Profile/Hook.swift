public import NetworkModel

/// A line that wg-quick acts on besides the tunnel: `PreUp`, `PostUp`, `PreDown`, `PostDown`, `SaveConfig`. Nothing here ever does.
public struct Hook: Equatable, Sendable, CustomStringConvertible {
  public var key: ProfileKey
  /// As written, without comment and outer spaces; no control characters.
  public var value: ByteString
  /// From 1.
  public var line: Int

  public init(_ key: ProfileKey, _ value: ByteString, line: Int) {
    self.key = key
    self.value = value
    self.line = line
  }

  public var description: String { "\(key.name) = \(value)" }
}
