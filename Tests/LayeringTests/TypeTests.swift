import Foundation
import Testing

@Suite struct TypeTests {
  @Test("Nothing is called like another module's type") func names() throws {
    var modules: [String: Set<String>] = [:]
    for module in try PackageText.modules() {
      for file in PackageText.swiftFiles("Sources/\(module)") {
        for name in SwiftText.topLevelTypes(try PackageText.text(file)) { modules[name, default: []].insert(module) }
      }
    }
    #expect(modules.count > 100)
    for (name, modules) in modules where modules.count > 1 {
      #expect(Bool(false), "\(name) is declared in \(modules.sorted().joined(separator: " and "))")
    }
  }

  /// What the compiler makes for `Equatable` would compare strings: it compiles, `swift test` passes, and a program does not link.
  @Test(
    "What is compared on the launch path has no `String`, but for ByteString itself",
    arguments: try PackageText.launchPathModules().sorted())
  func comparedStrings(module: String) throws {
    for file in PackageText.swiftFiles("Sources/\(module)") where !file.hasSuffix("/ByteString.swift") {
      for (type, line) in SwiftText.comparedStrings(try PackageText.text(file)) {
        #expect(handWritten.contains(type), "\(file): \(type) is compared, and has a String: `\(line)`")
      }
    }
  }

  @Test("The reading itself") func reading() {
    let text = """
      public struct A: Equatable, Sendable {
        public var name: String
        var count = 0
        public var shown: String { name }
        struct Inner: Hashable {
          let words: [String]
        }
        static let rule: String = "x"
        func f() { let local: String = ""; print(local) }
      }
      private final class B<T> {
        var name: String?
      }
      enum C: Error, Equatable {
        case one(String, UInt8), two
        case three(ByteString)
      }
      @safe struct D: ~Copyable { var name: String }
      extension A { enum E {} }
      """
    #expect(SwiftText.topLevelTypes(text) == ["A", "B", "C", "D"])
    let found = SwiftText.comparedStrings(text)
    #expect(found.map(\.type) == ["A", "Inner", "C"])
    #expect(found.map(\.line) == ["public var name: String", "let words: [String]", "case one(String, UInt8), two"])
  }
}

/// Their `==` is their own, and leaves something out.
private let handWritten: Set<String> = ["Failure", "SystemError"]
