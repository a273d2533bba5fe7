/// A question for the addresses of a host name, and what an answer to it says: RFC 1035 §4, RFC 3596 for IPv6.
public struct NameQuery: Equatable, Sendable {
  /// Not to be guessed, so that only the server can answer.
  public var id: UInt16
  /// Labels between dots, as in a profile.
  public var name: [UInt8]
  public var family: IPFamily

  public init(id: UInt16, name: [UInt8], family: IPFamily) {
    self.id = id
    self.name = name
    self.family = family
  }

  private var type: UInt8 { family == .v4 ? 1 : 28 }

  /// The message for UDP port 53: recursion desired, one question of class IN.
  public var bytes: [UInt8] {
    var message: [UInt8] = [UInt8(id >> 8), UInt8(id & 0xff), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    for label in name.split(separator: 0x2e) { message += [UInt8(label.count)] + label }
    return message + [0, 0, type, 0, 1]
  }

  /// - Returns: the addresses that a server gives, none if it knows of none; `nil` if the message is no answer to this query.
  public func addresses(in message: [UInt8]) -> [IPAddress]? {
    let question = bytes.dropFirst(12)
    guard message.count >= 12 + question.count, message.starts(with: bytes.prefix(2)), message[2] & 0xf8 == 0x80, message[4] == 0,
      message[5] == 1,
      zip(message[12...], question).allSatisfy({ Self.lowercase($0) == Self.lowercase($1) })
    else { return nil }
    // 0 no error, 3 no such name; others say nothing of the name.
    guard message[3] & 0x0f == 0 else { return message[3] & 0x0f == 3 ? [] : nil }
    var found: [IPAddress] = []
    var rest = message.dropFirst(12 + question.count)
    for _ in 0..<(Int(message[6]) << 8 | Int(message[7])) {
      guard Self.skipName(&rest), rest.count >= 10 else { return found }
      let record = Array(rest.prefix(10))
      let length = Int(record[8]) << 8 | Int(record[9])
      rest = rest.dropFirst(10)
      guard rest.count >= length else { return found }
      if record[0] == 0, record[1] == type, record[3] == 1, length == Int(family.width / 8),
        let address = IPAddress(bytes: rest.prefix(length))
      {
        found.append(address)
      }
      rest = rest.dropFirst(length)
    }
    return found
  }

  /// Labels up to an empty one, or to a pointer at others.
  private static func skipName(_ rest: inout ArraySlice<UInt8>) -> Bool {
    while let length = rest.first {
      if length & 0xc0 == 0xc0 {
        guard rest.count >= 2 else { return false }
        rest = rest.dropFirst(2)
        return true
      }
      guard length < 64, rest.count > Int(length) else { return false }
      rest = rest.dropFirst(1 + Int(length))
      if length == 0 { return true }
    }
    return false
  }

  private static func lowercase(_ c: UInt8) -> UInt8 { (0x41...0x5a).contains(c) ? c | 0x20 : c }
}
