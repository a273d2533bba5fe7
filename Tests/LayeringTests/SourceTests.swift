import Foundation
import Testing

/// Where memory is read as something else than it was written.
private let unsafeFolders = ["Sources/LinuxSystem/", "Sources/Privilege/", "Sources/Netlink/", "Sources/KernelNetwork/"]

/// Beside them: becoming a command by its C strings, at the programs' very end.
private let unsafeLines: [String: Int] = ["Sources/vpn-launch/main.swift": 1]

/// Lines without their comments and without what stands between quotation marks.
private func codeLines(_ file: String) throws -> [String] {
  try PackageText.text(file).split(separator: "\n", omittingEmptySubsequences: false).map {
    String($0).replacing(#/"(?:[^"\\]|\\.)*"/#, with: "\"\"").replacing(#/\/\/.*/#, with: "")
  }
}

@Suite struct SourceTests {
  private let sources = PackageText.swiftFiles("Sources")
  private let tests = PackageText.swiftFiles("Tests")

  @Test func thereAreSources() {
    #expect(sources.count > 80)
    #expect(tests.count > 40)
  }

  @Test("`unsafe` stays where the kernel is talked to") func unsafeExpressions() throws {
    for file in sources where !unsafeFolders.contains(where: { file.hasPrefix($0) }) {
      let count = try codeLines(file).count { $0.contains(#/\b(?:unsafe|nonisolated\(unsafe\)|@unsafe|@safe|@unchecked)\b/#) }
      #expect(count <= unsafeLines[file] ?? 0, "\(file) has \(count) lines with `unsafe`")
    }
  }

  /// Memory that is read as another type, is not initialised, or ends where only its writer knows.
  @Test(
    "Where the compiler cannot see why it is safe, `SAFETY:` says it", arguments: ["LinuxSystem", "Privilege", "Netlink", "KernelNetwork"])
  func invariants(module: String) throws {
    let delicate =
      #/assumingMemoryBound|withMemoryRebound|loadUnaligned|unsafeUninitializedCapacity|BufferPointer\(start|unsafeBitCast|\.allocate\(|@safe/#
    for file in PackageText.swiftFiles("Sources/\(module)") {
      let text = try PackageText.text(file).split(separator: "\n", omittingEmptySubsequences: false)
      for (number, line) in try codeLines(file).enumerated() where line.contains(delicate) {
        let said = text[max(0, number - 15)...number].contains { $0.contains("SAFETY:") }
        #expect(said, "\(file):\(number + 1)")
      }
    }
  }

  @Test("A file can be read at one go") func length() throws {
    for file in sources + tests {
      let count = try PackageText.text(file).split(separator: "\n", omittingEmptySubsequences: false).count - 1
      #expect(count <= 300, "\(file) has \(count) lines")
    }
  }

  @Test func nothingIsLeftForLater() throws {
    let words = try Regex("\\b(?:TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b")
    for file in sources + tests {
      for (number, line) in try PackageText.text(file).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        #expect(!line.contains(words), "\(file):\(number + 1)")
      }
    }
  }

  @Test("No C file but those which say what Swift cannot") func cFiles() throws {
    let all = FileManager.default.enumerator(atPath: PackageText.root.appending(path: "Sources").path)?.compactMap { $0 as? String } ?? []
    let others = all.filter { file in [".c", ".h", ".modulemap"].contains { file.hasSuffix($0) } }
    let known: Set = [
      "CLinux/shim.c", "CLinux/seccomp.c", "CLinux/walk.c", "CLinux/relay.c", "CLinux/include/CLinux.h", "CCap/module.modulemap",
      "CCap/ccap.h",
    ]
    #expect(Set(others).isSubset(of: known))
  }

  @Test("GNU's extensions stay in shim.c: they change structures that Foundation knows otherwise") func header() throws {
    let header = try PackageText.text("Sources/CLinux/include/CLinux.h")
    #expect(!header.contains(#/(?m)^\s*#\s*define\s+_GNU_SOURCE/#))
  }

  @Test("Warnings are errors in every target, memory safety strict") func settings() throws {
    let manifest = try PackageText.text("Package.swift")
    for setting in [".swiftLanguageMode(.v6)", ".strictMemorySafety()", ".treatAllWarnings(as: .error)", "InternalImportsByDefault"] {
      #expect(manifest.contains(setting))
    }
    let targets = manifest.matches(of: #/\.(?:target|executableTarget|testTarget)\(\s*name: "([^"]+)"/#).map { String($0.output.1) }
    let settings = manifest.matches(of: #/swiftSettings: (?:strict|small)\b/#)
    // All but the C module's.
    #expect(settings.count == targets.count - 1)
  }
}
