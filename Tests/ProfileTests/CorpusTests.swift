import Foundation
import Profile
import Testing

/// Tests/Corpus; what wg-quick makes of the same files is asked in Tests/Lab/corpus.test.sh.
@Suite("Files in the shapes that providers and routers give") struct CorpusTests {
  static func files(_ folder: String) throws -> [URL] {
    let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Corpus/\(folder)")
    return try FileManager.default.contentsOfDirectory(at: corpus, includingPropertiesForKeys: nil).filter { $0.pathExtension == "conf" }
  }

  @Test func good() throws {
    let files = try Self.files("good")
    #expect(files.count >= 40)
    for file in files {
      let text = Array(try Data(contentsOf: file))
      do {
        var expected = try Profile.parse(text)
        expected.id = 5
        expected.hooks = []
        #expect(try Profile.parse(Profile.rewritten(text, id: 5)) == expected, "\(file.lastPathComponent)")
      } catch { Issue.record("\(file.lastPathComponent): \(error)") }
    }
  }

  @Test func bad() throws {
    let files = try Self.files("bad")
    #expect(files.count >= 15)
    for file in files {
      let text = Array(try Data(contentsOf: file))
      let errors = try #require(throws: ProfileErrors.self, "\(file.lastPathComponent)") { try Profile.parse(text) }
      let secrets = String(decoding: text, as: UTF8.self).matches(of: /[A-Za-z0-9+\/]{43}=/).map { String($0.output) }
      #expect(SecretTests.leaks(errors, of: secrets).isEmpty, "\(errors)")
    }
  }
}
