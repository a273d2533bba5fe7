/// Aligned columns, two spaces apart. A row's last cell may be as long as it likes and widens no column.
struct Table {
  struct Cell: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    var text: String
    var look: Style.Look?

    init(_ text: String, _ look: Style.Look? = nil) {
      self.text = printable(text)
      self.look = look
    }
    init(stringLiteral text: String) { self.init(text) }
  }

  /// What becomes of a line that is longer than the terminal is wide.
  enum Overflow {
    /// It ends in `…`: one line for one thing.
    case cut
    /// It goes on below its last column, from word to word.
    case wrap
  }

  var rows: [[Cell]] = []
  /// Spaces before each line.
  var indent = 0
  /// Of the terminal; `nil` where there is none: then nothing is lost.
  var width: Int?
  var overflow = Overflow.cut

  func text(_ style: Style) -> String {
    let widths = widths
    var out = ""
    for row in rows where !row.isEmpty {
      var line = String(repeating: " ", count: indent)
      var used = indent
      for (cell, width) in zip(row.dropLast(), widths) {
        let text = cut(cell.text, to: width)
        line += style(cell.look, text) + String(repeating: " ", count: width - text.count + 2)
        used += width + 2
      }
      guard let last = row.last else { continue }
      let pieces = pieces(of: last.text, from: used)
      out += line + style(last.look, pieces[0]) + "\n"
      for piece in pieces.dropFirst() { out += String(repeating: " ", count: used) + style(last.look, piece) + "\n" }
    }
    return out
  }

  /// Of all columns but the last. Where that would have no room the widest give way.
  private var widths: [Int] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.dropLast().enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.text.count)
      }
    }
    guard let width, overflow == .cut else { return widths }
    let last = min(rows.compactMap { $0.last?.text.count }.max() ?? 0, 16)
    func isTooWide() -> Bool { indent + widths.reduce(last) { $0 + $1 + 2 } > width }
    func widest() -> Int? { widths.indices.max { widths[$0] < widths[$1] }.flatMap { widths[$0] > 8 ? $0 : nil } }
    while isTooWide(), let widest = widest() { widths[widest] -= 1 }
    return widths
  }

  private func cut(_ text: String, to room: Int) -> String { text.count > room ? text.prefix(max(room, 1) - 1) + "…" : text }

  /// A last cell as the lines that there is room for; what is left of a terminal with less than twenty columns is no room.
  private func pieces(of text: String, from column: Int) -> [String] {
    guard let width, width - column >= 20 || overflow == .cut, text.count > width - column else { return [text] }
    let room = max(width - column, 1)
    if overflow == .cut { return [cut(text, to: room)] }
    var lines = [""]
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + 1 + word.count <= room {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
