internal import NetworkModel

/// What is to run outside all VPNs while the system is in one: `--environment=FD [--verbose] -- COMMAND [ARGUMENT…]`. vpn-link is asked first, and
/// has the rest done by vpn-launch with the same words.
///
/// The environment comes as in `LaunchRequest`.
public struct DirectRequest: Equatable, Sendable {
  /// Its descriptor, 3 or higher.
  public var environment: Int32
  public var isVerbose = false
  /// At least one word.
  public var command: [[UInt8]]

  public init(environment: Int32, command: [[UInt8]]) {
    self.environment = environment
    self.command = command
  }

  /// - Parameter words: all after the word that says what they are.
  public init(_ words: some Collection<[UInt8]>) throws(RequestRefusal) {
    var rest = words[...]
    let option = Array("--environment=".utf8)
    guard let first = rest.popFirst(), first.starts(with: option), let fd = Int32(decimal: first.dropFirst(option.count)), fd > 2 else {
      throw .wrongUse
    }
    var isVerbose = false
    if let word = rest.first, word.elementsEqual("--verbose".utf8) {
      isVerbose = true
      rest = rest.dropFirst()
    }
    guard let dashes = rest.popFirst(), dashes.elementsEqual("--".utf8), !rest.isEmpty else { throw .wrongUse }
    self.init(environment: fd, command: Array(rest))
    self.isVerbose = isVerbose
  }

  /// Of `vpn-launch`, as the first of its words; of `vpn-link` it is the verb.
  public static func isAsked(_ word: [UInt8]) -> Bool { word.elementsEqual(Self.word) }
  public static var word: [UInt8] { Array("--direct".utf8) }

  /// The words that say it.
  public var words: [[UInt8]] {
    [Array("--environment=\(environment)".utf8)] + (isVerbose ? [Array("--verbose".utf8)] : []) + [Array("--".utf8)] + command
  }
}
