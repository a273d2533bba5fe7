// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

/// Times as they stand in logs.
public enum LogTime {
  /// The start of a line of syslog: `2026-11-21T18:06:05.123456+00:00 …`, or `Nov 21 18:06:05 …` of the last twelve months, by the
  /// local clock.
  /// - Returns: seconds since 1970, and the rest of the line.
  public static func read(_ line: Substring, now: Int) -> (time: Int, rest: Substring)? {
    line.first?.isNumber == true ? readISO(line) : readTraditional(line, now: now)
  }

  private static func readISO(_ line: Substring) -> (time: Int, rest: Substring)? {
    let word = line.prefix { $0 != " " }
    let numbers = word.prefix(19).split { "-T:".contains($0) }.compactMap { Int32($0) }
    let zone = word.dropFirst(19).drop { $0 == "." || $0.isNumber }
    let shift = zone.dropFirst().split(separator: ":").compactMap { Int($0) }
    guard numbers.count == 6, zone == "Z" || shift.count == 2 else { return nil }
    var parts = unsafe Self.parts(year: numbers[0] - 1900, month: numbers[1] - 1, day: numbers[2], Array(numbers[3...]))
    let seconds = shift.isEmpty ? 0 : (shift[0] * 3600 + shift[1] * 60) * (zone.first == "-" ? -1 : 1)
    return (unsafe timegm(&parts) - seconds, line.dropFirst(word.count + 1))
  }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  private static func readTraditional(_ line: Substring, now: Int) -> (time: Int, rest: Substring)? {
    // Of this length always: days below 10 have a space before them.
    let words = line.prefix(15).split(separator: " ")
    guard words.count == 3, let month = months.firstIndex(of: String(words[0])), let day = Int32(words[1]) else { return nil }
    let clock = words[2].split(separator: ":").compactMap { Int32($0) }
    guard clock.count == 3 else { return nil }
    let year = unsafe local(now).tm_year
    for year in [year, year - 1] {
      var parts = unsafe Self.parts(year: year, month: Int32(month), day: day, clock)
      let time = unsafe mktime(&parts)
      // Clocks may differ a little.
      if time <= now + 86400 { return (time, line.dropFirst(16)) }
    }
    return nil
  }

  /// `2026-11-21 18:06:05`, by the local clock.
  public static func text(_ time: Int) -> String {
    var parts = unsafe local(time)
    var buffer = [CChar](repeating: 0, count: 32)
    let count = unsafe strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S", &parts)
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func local(_ time: Int) -> tm {
    var seconds = time_t(time)
    var parts = unsafe tm()
    _ = unsafe localtime_r(&seconds, &parts)
    return unsafe parts
  }

  /// As mktime(3) has them: years since 1900, months from 0; whether it is summer is not known.
  private static func parts(year: Int32, month: Int32, day: Int32, _ clock: [Int32]) -> tm {
    var parts = unsafe tm()
    unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year, month, day)
    unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
    unsafe parts.tm_isdst = -1
    return unsafe parts
  }
}
#endif
