import Foundation

/// What `swift format` makes easy to find in a source: two spaces for each level, a declaration's head on the line where it begins.
enum SwiftText {
  /// Declared outside any other, whoever may see them.
  static func topLevelTypes(_ text: String) -> [String] {
    text.matches(
      of:
        #/(?m)^(?:@\w+(?:\([^)]*\))? +)*(?:(?:public|package|internal|fileprivate|private|final|indirect) +)*(?:struct|enum|class|protocol|actor|typealias) +(\w+)/#
    ).map { String($0.output.1) }
  }

  /// Stored properties and cases with a `String` in types that say they are `Equatable` or `Hashable`.
  static func comparedStrings(_ text: String) -> [(type: String, line: String)] {
    var found: [(type: String, line: String)] = []
    // Types around the line: name, indent, whether they are compared.
    var types: [(name: String, indent: Int, isCompared: Bool)] = []
    for line in text.split(separator: "\n") {
      let indent = line.prefix { $0 == " " }.count
      let code = line.drop { $0 == " " }
      types.removeAll { indent <= $0.indent }
      if let head = code.firstMatch(of: #/^(?:@\w+ +)*(?:(?:\w+) +)*?(?:struct|enum|class) +(\w+)[^{]*/#) {
        types.append((String(head.output.1), indent, head.output.0.contains(#/\b(?:Equatable|Hashable)\b/#)))
      } else if code.starts(with: "extension ") {
        types.append(("", indent, false))
      } else if let type = types.last, type.isCompared, indent == type.indent + 2, code.contains(#/\bString\b/#),
        code.contains(#/^(?:(?:public|package|internal|fileprivate|private)(?:\(set\))? +)*(?:case|(?:let|var) +\w+ *:[^{]*$)/#)
      {
        found.append((type.name, String(code)))
      }
    }
    return found
  }
}
