public import NetworkModel

/// Numbers in words.
public enum Words {
  /// "12 seconds ago", "1 minute, 5 seconds ago", "never" for 0. Times are seconds since 1970.
  public static func age(of time: Int, now: Int) -> String {
    guard time > 0 else { return "never" }
    let age = now - time
    guard age >= 0 else { return "in the future: is the clock right?" }
    return age == 0 ? "just now" : duration(age) + " ago"
  }

  /// "12 seconds", "1 minute, 5 seconds".
  public static func duration(_ seconds: Int) -> String {
    let units = [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")]
    let first = units.firstIndex { seconds >= $0.0 } ?? units.count - 1
    let (length, unit) = units[first]
    var words = count(seconds / length, unit)
    if first + 1 < units.count {
      let (shorter, smaller) = units[first + 1]
      let rest = seconds % length / shorter
      if rest > 0 { words += ", " + count(rest, smaller) }
    }
    return words
  }

  /// "12s", "5m", "3h", "20d": for a column.
  public static func shortDuration(_ seconds: Int) -> String {
    for (length, unit) in [(86400, "d"), (3600, "h"), (60, "m")] where seconds >= length { return "\(seconds / length)\(unit)" }
    return "\(seconds)s"
  }

  /// "812", "1.5K", "210M": for a column. Never rounded up.
  public static func shortBytes(_ number: UInt64) -> String {
    let words = bytes(number).split(separator: " ")
    guard words[1] != "B" else { return "\(words[0])" }
    let figures = words[0].count > 4 ? words[0].prefix { $0 != "." } : words[0]
    return "\(figures)\(words[1].prefix(1))"
  }

  /// The first four, and how many more there are: of some VPNs it is thousands.
  public static func firsts(of networks: [String]) -> String {
    let more = networks.count > 4 ? " and \(count(networks.count - 4, "more network"))" : ""
    return networks.prefix(4).joined(separator: ", ") + more
  }

  /// "home", "home and work", "home, work and lab".
  public static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  /// "1 peer", "2 peers".
  public static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
  }

  /// "812 B", "1.5 KiB", never rounded up.
  public static func bytes(_ number: UInt64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    guard let power = units.indices.last(where: { number >> (10 * UInt64($0 + 1)) > 0 }) else { return "\(number) B" }
    let shift = 10 * UInt64(power + 1)
    let rest = number & (1 << shift - 1)
    return "\(number >> shift).\((rest * 10) >> shift) \(units[power])"
  }
}

extension Prefix {
  /// A single address as such.
  public var shown: String { isHost ? address.description : description }
}

extension IPFamily {
  public var name: String { self == .v4 ? "IPv4" : "IPv6" }
}

extension IPAddress {
  /// Of `192.0.2.1:51820` or `[2001:db8::1]:51820`.
  public init?(host text: String) {
    self.init(String(text.prefix(upTo: text.lastIndex(of: ":") ?? text.endIndex).filter { $0 != "[" && $0 != "]" }))
  }
}
