/// "Did you mean …?": the name that was probably meant. Of a short text one letter may be wrong, of a longer one two or one in three; case does
/// not matter. Bytes, so that the programs without Unicode's tables can ask, too.
public func nearest<Name>(to text: some Collection<UInt8>, of candidates: [Name], name: (Name) -> String) -> Name? {
  guard text.count <= 32 else { return nil }
  var best: (name: Name, distance: Int)?
  for candidate in candidates {
    let letters = Array(name(candidate).utf8)
    let most = text.count < 4 ? 1 : Swift.max(2, text.count / 3)
    guard abs(text.count - letters.count) <= most else { continue }
    let distance = editDistance(Array(text), letters)
    if distance <= most, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.name
}

/// Single letters put in, left out, changed, or swapped with their neighbour.
func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  func isSame(_ i: Int, _ j: Int) -> Bool { a[i].lowercase == b[j].lowercase }
  var before: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var best = Swift.min(last[j + 1] + 1, row[j] + 1, last[j] + (isSame(i, j) ? 0 : 1))
      if i > 0, j > 0, isSame(i, j - 1), isSame(i - 1, j) { best = Swift.min(best, before[j - 1] + 1) }
      row.append(best)
    }
    (before, last) = (last, row)
  }
  return last[b.count]
}

extension UInt8 {
  /// ASCII only.
  fileprivate var lowercase: UInt8 { (0x41...0x5a).contains(self) ? self + 0x20 : self }
}
