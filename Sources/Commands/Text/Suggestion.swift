/// "Did you mean …?"
enum Suggestion {
  /// The candidate nearest to what was typed, when it is near enough to have been meant.
  static func nearest(to typed: String, among candidates: [String]) -> String? {
    let ranked = candidates.map { ($0, distance(typed.lowercased(), $0.lowercased())) }
    guard let best = ranked.min(by: { $0.1 < $1.1 }) else { return nil }
    return best.1 <= (typed.count < 4 ? 1 : 2) ? best.0 : nil
  }

  /// Single letters put in, left out, changed, or swapped with their neighbour.
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a)
    let b = Array(b)
    var before: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
        row.append(best)
      }
      (before, last) = (last, row)
    }
    return last[b.count]
  }
}
