/// Who may use a VPN besides root: what is written on its box's `lo`, the one link that cannot be deleted.
public enum Permission: Equatable, Sendable {
  case everybody
  /// Users by their number, and members of groups.
  case only(users: [UInt32], groups: [UInt32])

  /// `everybody`, or `users=1000,1001 groups=27`.
  public var alias: ByteString {
    guard case .only(let users, let groups) = self else { return Self.everybodyText }
    return "users=\(Self.list(users)) groups=\(Self.list(groups))"
  }

  /// - Returns: `nil` for any other text.
  public init?(alias: ByteString) {
    if alias == Self.everybodyText {
      self = .everybody
      return
    }
    let words = alias.utf8.split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count == 2, let users = Self.numbers(words[0], after: "users="), let groups = Self.numbers(words[1], after: "groups=")
    else {
      return nil
    }
    self = .only(users: users, groups: groups)
  }

  /// Bytes that the kernel keeps of a link's alias (IFALIASZ).
  public static let maximumLength = 255

  /// - Parameter groups: all that the process is in.
  public func allows(user: UInt32, groups: [UInt32]) -> Bool {
    switch self {
    case .everybody: true
    case .only(let users, let members): users.contains(user) || members.contains { groups.contains($0) }
    }
  }

  /// What a user hears who is not allowed.
  public static func refusal(of name: VPNName) -> String {
    "you may not use \(name): `AllowUsers` and `AllowGroups` in its profile name others"
  }

  private static let everybodyText: ByteString = "everybody"

  private static func list(_ numbers: [UInt32]) -> String { numbers.map { "\($0)" }.joined(separator: ",") }

  private static func numbers(_ word: some Collection<UInt8>, after key: String) -> [UInt32]? {
    guard word.starts(with: key.utf8) else { return nil }
    let rest = word.dropFirst(key.utf8.count)
    if rest.isEmpty { return [] }
    var numbers: [UInt32] = []
    for part in rest.split(separator: 0x2c, omittingEmptySubsequences: false) {
      guard let number = UInt32(decimal: part) else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}
