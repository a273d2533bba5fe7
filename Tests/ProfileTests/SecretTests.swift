import Profile
import TestSupport
import Testing

@Suite("No message shows a secret") struct SecretTests {
  /// What a message would give away: any six characters of a key.
  static func leaks(_ errors: ProfileErrors, of secrets: [String]) -> [String] {
    let shown = errors.errors.map { "\($0.message)\n\($0.excerpt ?? "")" }.joined(separator: "\n")
    return secrets.flatMap { secret -> [String] in
      let characters = Array(secret.filter { $0 != "\n" })
      let windows = Set((0...characters.count - 6).map { String(characters[$0..<$0 + 6]) })
      return windows.filter { shown.contains($0) }
    }
  }

  @Test("Whatever happens to the lines around it and to itself, 3,000 times") func corrupted() {
    var random = SeededGenerator(seed: 6)
    let alphabet = Array("ABab09+/=#[]\n\r\t ,:\0\u{1b}".utf8)
    let text = Array(
      Sample.file(
        interface: "MTU = 1400\nDNS = 10.0.0.1", peer: "PresharedKey = \(Sample.presharedKey)\nEndpoint = a.example:5", vpn: "ID = 4"
      ).utf8)
    var refused = 0
    for _ in 0..<3000 {
      var bytes = text
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: bytes[at] = alphabet.randomElement(using: &random)!
        case 1: bytes.insert(alphabet.randomElement(using: &random)!, at: at)
        default: bytes.remove(at: at)
        }
      }
      do { _ = try Profile.parse(bytes) } catch {
        refused += 1
        let leaked = Self.leaks(error, of: [Sample.privateKey, Sample.presharedKey])
        #expect(leaked.isEmpty, "\(error)")
      }
    }
    #expect(refused > 1500)
  }

  @Test(
    "The usual accidents",
    arguments: [
      "PrivateKey = KEY=", "PrivateKey = KEY KEY", "PrivateKey = \"KEY\"", "PrivateKey: KEY", "PrivateKey KEY", "KEY", "=KEY",
      "PrivateKye = KEY",
      "MTU = 1400PrivateKey = KEY", "Adress=10.0.0.2/32PrivateKey = KEY", "MTU = 1400 # KEY\0", "MTU = 14 # PrivateKey = KEY",
      "PublicKey = KEY",
      "[KEY]", "[Interface]PrivateKey = KEY", "PostUp = KEY\u{7}", "Private = KEY", "Key = KEY", "DNS = PrivateKey = KEY",
      "PresharedKey = KEY",
      "Address = KEY", "PrivateKey = FIRST\nSECOND", "PrivateKey = FIRST\n  SECOND", "Endpoint = KEY", "KEY = PrivateKey",
    ])
  func accident(line: String) throws {
    let key = Sample.privateKey
    let line = line.replacing("KEY", with: key).replacing("FIRST", with: key.prefix(22)).replacing("SECOND", with: key.dropFirst(22))
    do {
      _ = try parse("[Interface]\n\(line)\n[Peer]\nPublicKey = \(Sample.publicKey)\n\(line)")
      Issue.record("parsed")
    } catch { #expect(Self.leaks(error, of: [key]).isEmpty, "\(error)") }
  }

  @Test("Printing a profile shows no key") func printing() throws {
    let profile = try parse(Sample.full)
    for text in ["\(profile)", String(reflecting: profile)] {
      #expect(!text.contains(Sample.privateKey) && !text.contains("bytes") && text.contains("(a key)"))
    }
  }
}
