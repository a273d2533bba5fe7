public import NetworkModel

/// Ports of this machine that are handed on to something that runs in a VPN already: `--relay=FD --add=PORTS` or `--remove=PORTS`, beside the
/// descriptor of its network.
public struct Publication: Equatable, Sendable {
  /// Where the process that listens is told where that is: 3 or higher.
  public var relay: Int32?
  public var added: [PublishedPort] = []
  public var removed: [PublishedPort] = []

  public init() {}

  /// What is added needs one that listens, and what is removed has one already.
  var isWhole: Bool { added.isEmpty ? relay == nil && !removed.isEmpty : relay != nil && removed.isEmpty }

  /// - Returns: `nil` if it is none of these options; whether it is one, for the first time.
  mutating func read(_ word: [UInt8]) -> Bool? {
    func value(_ option: String) -> ArraySlice<UInt8>? {
      word.starts(with: option.utf8) ? word.dropFirst(option.utf8.count) : nil
    }
    if let text = value("--relay=") {
      guard relay == nil, let number = Int32(decimal: text), number > 2 else { return false }
      relay = number
    } else if let text = value("--add=") {
      guard added.isEmpty, let ports = Self.ports(text) else { return false }
      added = ports
    } else if let text = value("--remove=") {
      guard removed.isEmpty, let ports = Self.ports(text) else { return false }
      removed = ports
    } else {
      return nil
    }
    return true
  }

  private static func ports(_ text: ArraySlice<UInt8>) -> [PublishedPort]? {
    text.count <= PublishedPort.maximumOfText ? PublishedPort.list(text) : nil
  }

  /// The words that say it.
  var words: [[UInt8]] {
    var words: [[UInt8]] = []
    if let relay { words.append(Array("--relay=\(relay)".utf8)) }
    if !added.isEmpty { words.append(Array("--add=\(PublishedPort.text(added))".utf8)) }
    if !removed.isEmpty { words.append(Array("--remove=\(PublishedPort.text(removed))".utf8)) }
    return words
  }
}
