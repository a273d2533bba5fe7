import Foundation

/// The package's sources, read as text.
enum PackageText {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String { try String(contentsOf: root.appending(path: path), encoding: .utf8) }

  /// Swift files below a folder, by their paths in the package.
  static func swiftFiles(_ folder: String) -> [String] {
    let all = FileManager.default.enumerator(atPath: root.appending(path: folder).path)?.compactMap { $0 as? String } ?? []
    return all.filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }.sorted()
  }

  /// Targets below Sources.
  static func modules() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path).sorted()
  }

  /// Modules that a target may import, as Package.swift has it: of each `.target(name: "A", dependencies: ["B", .product(name: "C", …)])`.
  static func declaredDependencies() throws -> [String: Set<String>] {
    let manifest = try text("Package.swift")
    var declared: [String: Set<String>] = [:]
    for target in manifest.matches(
      of:
        #/\.(?:executableTarget|testTarget|target|systemLibrary)\(\s*name:\s*"(?<name>[^"]+)"(?<rest>[^\n]*(?:\n(?!    \.|\n|    //)[^\n]*)*)/#
    ) {
      let rest = String(target.output.rest)
      var names: Set<String> = []
      if let start = rest.firstRange(of: "dependencies: [") {
        var depth = 1
        var list = ""
        for c in rest[start.upperBound...] {
          if c == "[" { depth += 1 }
          if c == "]" { depth -= 1 }
          if depth == 0 { break }
          list.append(c)
        }
        list.replace(#/package:\s*"[^"]*"/#, with: "")
        names = Set(list.matches(of: #/"([^"]+)"/#).map { String($0.output.1) })
      }
      declared[String(target.output.name)] = names
    }
    return declared
  }

  /// Modules that files import, by file.
  static func imports(_ folder: String) throws -> [(file: String, module: String)] {
    try swiftFiles(folder).flatMap { file in
      try text(file).matches(
        of:
          #/(?m)^(?:@\w+ +)*(?:(?:public|package|internal|fileprivate|private) +)?import +(?:(?:struct|class|enum|protocol|func|let|var|typealias) +)?(\w+)/#
      )
      .map { (file, String($0.output.1)) }
    }
  }

  /// What the programs are made of that have no runtime library beside them.
  static func launchPathModules() throws -> Set<String> {
    try ["vpnrun", "vpn", "vpn-launch", "vpn-link"].reduce(into: []) { $0.formUnion(try closure(of: $1)) }
  }

  /// All that a program is made of: itself and what it imports, of this package's.
  static func closure(of module: String) throws -> Set<String> {
    var all: Set<String> = []
    var rest = [module]
    while let next = rest.popLast() {
      guard all.insert(next).inserted else { continue }
      rest += try imports("Sources/\(next)").map(\.module).filter { try modules().contains($0) }
    }
    return all
  }
}
