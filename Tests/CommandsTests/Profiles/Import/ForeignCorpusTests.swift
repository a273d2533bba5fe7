import Foundation
import LinuxSystem
import Profile
import Testing

@testable import Commands

/// Tests/Corpus/networkmanager and networkd: what each becomes, or why it is refused.
@Suite("Files of NetworkManager and systemd-networkd") struct ForeignCorpusTests {
  let folder = TestFolder()

  static let corpus = URL(filePath: #filePath + "/../../../..").standardizedFileURL.appending(path: "Corpus")

  /// Paths in the corpus, of what is given to `vpn import`.
  static func files(_ folder: String, _ suffix: String) -> [String] {
    let all = FileManager.default.enumerator(atPath: corpus.appending(path: folder).path)?.compactMap { $0 as? String } ?? []
    return all.filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }.sorted()
  }

  /// As in the files `.wanted`: the profile, and what a person is told.
  private func said(of file: String) throws -> String {
    let path = Self.corpus.appending(path: file).path
    do throws(Failure) {
      let source = try ImportSource(path, in: .of(path), folder.installation)
      #expect(!(try source.profile(.plain)).peers.isEmpty)
      let notes = ["name: \(try source.derivedName(of: path))"] + source.notes
      return String(decoding: source.content, as: UTF8.self) + "----\n" + relative(notes)
    } catch {
      #expect(error.status == .failure)
      return "refused\n----\n" + relative(error.lines)
    }
  }

  private func relative(_ lines: [String]) -> String {
    lines.map { $0.replacing(Self.corpus.path + "/", with: "") + "\n" }.joined()
  }

  @Test(arguments: files("networkmanager", ".nmconnection") + files("networkd", ".netdev"))
  func becomes(_ file: String) throws {
    let stem = file.prefix(upTo: try #require(file.lastIndex(of: ".")))
    let wanted = Self.corpus.appending(path: "\(stem).wanted")
    #expect(try said(of: file) == String(contentsOf: wanted, encoding: .utf8))
  }

  @Test("There are enough of them") func count() {
    #expect(Self.files("networkmanager", ".nmconnection").count >= 12)
    #expect(Self.files("networkd", ".netdev").count >= 10)
  }

  @Test(
    "No key stands in a message, whatever is wrong with a line",
    arguments: files("networkmanager", ".nmconnection") + files("networkd", ".netdev"))
  func secrets(_ file: String) throws {
    let path = Self.corpus.appending(path: file).path
    let original = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    let keys = original.matches(of: /[A-Za-z0-9+\/]{43}=/).map { String($0.output) }
    let lines = original.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let changes: [(String) -> String] = [
      { _ in "" }, { $0 + " x" }, { "x" + $0 }, { $0.replacing("=", with: " ") }, { "[" + $0 }, { $0 + "," + $0 }, { "Address=" + $0 },
      { $0 + " # x" }, { $0.replacing("key", with: "kez").replacing("Key", with: "Kez") }, { $0.replacing(/^.*?=/, with: "endpoint=") },
      { $0.replacing(/^.*?=/, with: "Endpoint=") },
    ]
    for n in lines.indices where lines[n].hasPrefix("[") || keys.contains(where: lines[n].contains) {
      for change in changes {
        var changed = lines
        changed[n] = change(lines[n])
        do throws(Failure) {
          let content = Array(changed.joined(separator: "\n").utf8)
          let source = try ImportSource(path, content: content, in: .of(path), folder.installation)
          _ = try source.profile(.plain)
          for key in keys { #expect(!source.notes.joined().contains(key.prefix(20)), "\(changed[n])") }
        } catch {
          for key in keys { #expect(!error.lines.joined().contains(key.prefix(20)), "\(changed[n])") }
        }
      }
    }
  }
}
