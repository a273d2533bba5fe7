public import NetworkModel

/// A user or a group, as `AllowUsers` and `AllowGroups` have it.
public enum Account: Equatable, Sendable, CustomStringConvertible {
  /// 1 to 32 of `A-Z a-z 0-9 _ - .`, the first a letter or `_`.
  case name(ByteString)
  /// 0…4294967294.
  case number(UInt32)

  static let rule = "a name of /etc/passwd or /etc/group, or a number from 0 to 4294967294"

  init?(_ text: Text) {
    if text.allSatisfy({ $0.isDigit }) {
      guard let number = UInt32(decimal: text), number < .max else { return nil }
      self = .number(number)
      return
    }
    let isName = { (c: UInt8) in c.isLetter || c.isDigit || c == UInt8(ascii: "_") || c == UInt8(ascii: "-") || c == UInt8(ascii: ".") }
    guard let first = text.first, first.isLetter || first == UInt8(ascii: "_"), text.count <= 32, text.allSatisfy(isName) else {
      return nil
    }
    self = .name(ByteString(text))
  }

  public var description: String {
    switch self {
    case .name(let name): name.description
    case .number(let number): "\(number)"
    }
  }

  /// - Parameter file: passwd(5) or group(5), which both have the name first and the number third.
  /// - Returns: `nil` if there is no such name in it.
  func number(in file: [UInt8]) -> UInt32? {
    switch self {
    case .number(let number): return number
    case .name(let name):
      for line in file.split(separator: 0x0a) {
        let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
        if fields.count == 4, ByteString(fields[0]) == name { return UInt32(decimal: fields[2]) }
      }
      return nil
    }
  }
}

/// Why the users and groups of a profile cannot be told apart by number. `sentence` says what would be right.
public struct PermissionError: Error, Equatable {
  public let sentence: ByteString
}

extension Profile {
  /// Names are looked up in these two files and nowhere else: other sources need plug-ins, which have no place in a capable program.
  /// - Parameters:
  ///   - passwd: what stands in /etc/passwd.
  ///   - group: in /etc/group.
  public func permission(passwd: [UInt8], group: [UInt8]) throws(PermissionError) -> Permission {
    guard isRestricted else { return .everybody }
    let permission = Permission.only(
      users: try Self.numbers(users, "AllowUsers", "user", in: passwd, "/etc/passwd"),
      groups: try Self.numbers(groups, "AllowGroups", "group", in: group, "/etc/group"))
    guard permission.alias.utf8.count <= Permission.maximumLength else {
      throw PermissionError(sentence: "AllowUsers and AllowGroups are too many; make one group of them, and allow that")
    }
    return permission
  }

  /// Not everybody may use it who may use VPNs.
  public var isRestricted: Bool { !users.isEmpty || !groups.isEmpty }

  private static func numbers(
    _ accounts: [Account], _ key: String, _ kind: String, in file: [UInt8], _ path: String
  ) throws(PermissionError) -> [UInt32] {
    var numbers: [UInt32] = []
    for account in accounts {
      guard let number = account.number(in: file) else {
        throw PermissionError(
          sentence: "\(key) = \(account): there is no such \(kind) in \(path); write its number if it comes from elsewhere")
      }
      if !numbers.contains(number) { numbers.append(number) }
    }
    return numbers
  }
}
