public import NetworkModel

/// `ExitCheck =`: who is asked, through the tunnel, as which address it is seen. `vpn status --exit` asks, and nothing else does.
public enum ExitCheck: Equatable, Sendable, CustomStringConvertible {
  /// Answers with a text in which the address stands.
  case url(ByteString)
  /// A name whose addresses are those of the asker, and who has that to say: a server, or one of each family.
  case name(DomainName, [Endpoint])

  /// Of a profile that says nothing. It answers with the address and no more, over both families.
  public static let usual = ExitCheck.url("https://icanhazip.com")
  /// Bytes.
  public static let maximumLength = 255

  /// As in a file.
  public var description: String {
    switch self {
    case .url(let url): url.description
    case .name(let name, let servers): servers.reduce("dns \(name)") { $0 + " @\($1)" }
    }
  }

  /// As in a report, which has it from a profile.
  public init?(_ text: String) {
    guard let read = try? ProfileValue.exitCheck(Array(text.utf8)[...]) else { return nil }
    self = read
  }
}

extension ProfileValue {
  private static let right = "a URL like https://example.net/ip, or dns NAME @ADDRESS:PORT"

  static func exitCheck(_ text: Text) throws(Refusal) -> ExitCheck {
    guard text.count <= ExitCheck.maximumLength else { throw Refusal("more than \(ExitCheck.maximumLength) bytes; write \(right)") }
    let words = text.split { $0.isBlank }
    if words.first?.matches("dns") == true { return try nameCheck(words.dropFirst()) }
    let signs = Array("-._~:/?=%+,[]".utf8)
    let parts = text.split(separator: UInt8(ascii: "/"), maxSplits: 3, omittingEmptySubsequences: false)
    guard words.count == 1, parts.count > 2, parts[0].matches("https:") || parts[0].matches("http:"), parts[1].isEmpty, !parts[2].isEmpty,
      text.allSatisfy({ $0.isLetter || $0.isDigit || signs.contains($0) })
    else { throw Refusal("not a URL of letters, digits and - . _ ~ : / ? = % + , [ ]; write \(right)") }
    return .url(ByteString(text))
  }

  private static func nameCheck(_ words: ArraySlice<Text>) throws(Refusal) -> ExitCheck {
    guard let first = words.first, let name = DomainName(first) else { throw Refusal("the name is missing; write \(right)") }
    var servers: [Endpoint] = []
    for word in words.dropFirst() {
      guard word.first == UInt8(ascii: "@"), case .address(let server, nil) = try endpoint(word.dropFirst()) else {
        throw Refusal("not a server's address; write \(right)")
      }
      guard server.port != 53 else {
        throw Refusal("the VPN's own servers answer for port 53, whatever server is asked; write another port of the server")
      }
      guard !servers.contains(where: { $0.address.family == server.address.family }) else {
        throw Refusal("a second server of one family; write one for IPv4 and one for IPv6")
      }
      servers.append(server)
    }
    guard !servers.isEmpty else { throw Refusal("the server is missing; write \(right)") }
    return .name(name, servers)
  }
}
