public import NetworkModel

extension Permission {
  /// Users who are in one of these groups by passwd(5), as their first one, or by group(5).
  /// - Parameters:
  ///   - passwd: what stands in /etc/passwd.
  ///   - group: in /etc/group.
  public static func members(of groups: [UInt32], passwd: [UInt8], group: [UInt8]) -> [UInt32] {
    let colon = UInt8(ascii: ":")
    var names: [ByteString] = []
    for line in group.split(separator: 0x0a) {
      let fields = line.split(separator: colon, omittingEmptySubsequences: false)
      guard fields.count >= 4, let number = UInt32(decimal: fields[2]), groups.contains(number) else { continue }
      names += fields[3].split(separator: UInt8(ascii: ",")).map { ByteString($0) }
    }
    var users: [UInt32] = []
    for line in passwd.split(separator: 0x0a) {
      let fields = line.split(separator: colon, omittingEmptySubsequences: false)
      guard fields.count >= 4, let uid = UInt32(decimal: fields[2]), !users.contains(uid) else { continue }
      let isMember = UInt32(decimal: fields[3]).map { groups.contains($0) } ?? false
      if isMember || names.contains(ByteString(fields[0])) { users.append(uid) }
    }
    return users
  }
}
