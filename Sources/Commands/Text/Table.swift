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

  var rows: [[Cell]] = []
  /// Spaces before each line.
  var indent = 0

  func text(_ style: Style) -> String {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.dropLast().enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.text.count)
      }
    }
    var out = ""
    for row in rows where !row.isEmpty {
      out += String(repeating: " ", count: indent)
      for (cell, width) in zip(row.dropLast(), widths) {
        out += style(cell.look, cell.text) + String(repeating: " ", count: width - cell.text.count + 2)
      }
      out += row.last.map { style($0.look, $0.text) } ?? ""
      out += "\n"
    }
    return out
  }
}
