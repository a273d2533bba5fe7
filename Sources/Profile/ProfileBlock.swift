extension Profile {
  /// Of a file that cannot be used: whether [VPN] has `Block = yes`, whatever is wrong with other lines.
  public static func asksForBlock(_ file: [UInt8]) -> Bool {
    var section: ProfileSection?
    for line in ProfileLines(file) {
      switch line.content {
      case .section(let text): section = ProfileSection(header: text)
      case .assignment(let key, let value):
        if section == .vpn, ProfileKey(key, in: .vpn) == .block, value.matches("yes") { return true }
      case .blank, .other: break
      }
    }
    return false
  }
}
