extension Profile {
  /// The file that `vpn import` writes: the same lines and comments without the hooks' lines, `ID` in `[VPN]` (which is put first
  /// if there is none), LF as the ends of lines, and no byte order mark.
  ///
  /// - Parameters:
  ///   - text: a file that parses; then so does the result, to the same profile but for `id` and `hooks`. (It may be a few bytes longer.)
  ///   - id: 1…99; `nil` for one that has none.
  public static func rewritten(_ text: [UInt8], id: UInt8?) -> [UInt8] {
    var out: [UInt8] = []
    var section: ProfileSection?
    var idGoesHere: Int?
    var hasID = false
    for line in ProfileLines(text) {
      switch line.content {
      case .section(let header):
        section = ProfileSection(header: header)
        out += line.whole + [0x0a]
        if section == .vpn, idGoesHere == nil { idGoesHere = out.count }
      case .assignment(let key, let value):
        let known = ProfileKey(key, in: section)
        if section == .interface, known?.isHook == true { continue }
        if let id, section == .vpn, known == .id, !hasID {
          out += line.whole[..<value.startIndex] + "\(id)".utf8 + line.whole[value.endIndex...] + [0x0a]
          hasID = true
        } else {
          out += line.whole + [0x0a]
        }
      default: out += line.whole + [0x0a]
      }
    }
    guard let id, !hasID else { return out }
    guard let idGoesHere else { return Array("[VPN]\nID = \(id)\n\n".utf8) + out }
    return out[..<idGoesHere] + Array("ID = \(id)\n".utf8) + out[idGoesHere...]
  }
}
