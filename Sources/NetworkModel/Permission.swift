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

  /// Of the 255 bytes that the kernel keeps of a link's alias (IFALIASZ) a door needs some.
  public static let maximumLength = 255 - "closed=4294967295 ".utf8.count

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

/// What is written on a box's `lo`: who may use the VPN. While a process looks whether it can remove the box, that it lets no command in.
public struct Door: Equatable, Sendable {
  /// The process that has closed it. It opens it again, or removes the box; one that was killed counts no more.
  public var closer: UInt32?
  /// That of a permission, or what else stands there.
  public var text: ByteString

  /// - Parameter alias: `closed=4242 everybody` or `everybody`.
  public init(alias: ByteString?) {
    text = alias ?? ""
    guard text.utf8.starts(with: "closed=".utf8) else { return }
    let words = text.utf8.dropFirst(7).split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: false)
    guard words.count == 2, let closer = UInt32(decimal: words[0]) else { return }
    (self.closer, text) = (closer, ByteString(words[1]))
  }

  public var permission: Permission? { Permission(alias: text) }

  public var alias: ByteString { closer.map { "closed=\($0) \(text)" } ?? text }
}
