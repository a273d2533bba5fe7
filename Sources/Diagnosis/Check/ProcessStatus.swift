/// /proc/PID/status: lines of `Name:` and words.
public struct ProcessStatus {
  public var fields: [String: [Substring]] = [:]

  public init(_ text: String) {
    for line in text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[String(line[..<colon])] = line[line.index(after: colon)...].split(whereSeparator: \.isWhitespace)
    }
  }

  /// The effective one, which counts for files.
  public var user: UInt32? { fields["Uid"].flatMap { $0.count > 1 ? UInt32($0[1]) : nil } }

  public var groups: [UInt32] { ((fields["Groups"] ?? []) + (fields["Gid"] ?? []).dropFirst().prefix(1)).compactMap { UInt32($0) } }

  /// The first capability that vpn-link needs and that no program started here can get; `nil`: all can be had, or it is not said.
  public var missingFromBoundingSet: String? {
    guard let word = fields["CapBnd"]?.first, let set = UInt64(word, radix: 16) else { return nil }
    // By their numbers in linux/capability.h.
    let needed = [(1, "cap_dac_override"), (12, "cap_net_admin"), (21, "cap_sys_admin")]
    return needed.first { set >> $0.0 & 1 == 0 }?.1
  }
}

/// A line of /proc/PID/mountinfo, proc(5).
public struct Mount: Equatable, Sendable {
  public var point: String
  public var options: [Substring]
  public var fileSystem: Substring

  public init?(_ line: Substring) {
    let halves = line.split(separator: " - ", maxSplits: 1)
    guard let rest = halves.last?.split(separator: " "), let words = halves.first?.split(separator: " "), words.count >= 6, !rest.isEmpty
    else { return nil }
    point = String(words[4].replacing("\\040", with: " "))
    options = words[5].split(separator: ",")
    fileSystem = rest[0]
  }

  public static func all(_ text: String) -> [Mount] { text.split(separator: "\n").compactMap { Mount($0) } }

  /// The one on which a path lies: the longest; of several on one point, the last.
  public static func of(_ path: String, in text: String) -> Mount? {
    var best: Mount?
    for mount in all(text) where mount.point == "/" || path == mount.point || path.hasPrefix(mount.point + "/") {
      if mount.point.utf8.count >= best?.point.utf8.count ?? 0 { best = mount }
    }
    return best
  }
}
