import Foundation
import NetworkModel
import TestSupport
import Testing

@Suite struct WireGuardKeyTests {
  @Test("Foundation writes and reads the same base64") func agreesWithFoundation() throws {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<500 {
      let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
      let key = try #require(WireGuardKey(bytes: bytes))
      #expect(key.base64 == Data(bytes).base64EncodedString())
      #expect(WireGuardKey(base64: key.base64.utf8) == key)
      #expect(key.hexadecimal == bytes.map { String(format: "%02x", $0) }.joined())
      #expect(!key.isZero)
    }
  }

  @Test("Damaged text is a key if and only if Foundation decodes 32 bytes of it and writes them the same way") func agreesOnDamage() throws
  {
    var random = SeededGenerator(seed: 5)
    let good = Array(Data((0..<32).map { UInt8($0 * 7) }).base64EncodedString().utf8)
    let alphabet = Array("ABCZabcz0189+/=-_ \n*".utf8)
    for _ in 0..<3000 {
      var text = good
      let at = Int.random(in: 0..<text.count, using: &random)
      switch Int.random(in: 0...3, using: &random) {
      case 0: text[at] = alphabet.randomElement(using: &random)!
      case 1: text.insert(alphabet.randomElement(using: &random)!, at: at)
      case 2: text.remove(at: at)
      default: text.swapAt(at, 43)
      }
      let string = String(decoding: text, as: UTF8.self)
      let decoded = Data(base64Encoded: string).flatMap { $0.count == 32 && $0.base64EncodedString() == string ? Array($0) : nil }
      #expect(WireGuardKey(base64: text)?.bytes == decoded, "\(string)")
    }
  }

  @Test("Bits beyond the 256th are an error, as in wg(8)", arguments: zip("AEIMQUYcgkosw048", 0..<16))
  func lastCharacter(character: Character, value: Int) {
    let text = String(repeating: "A", count: 42) + String(character) + "="
    #expect(WireGuardKey(base64: text.utf8)?.bytes.last == UInt8(value))
    #expect(WireGuardKey(base64: (String(repeating: "A", count: 42) + "B=").utf8) == nil)
  }

  @Test(arguments: [0, 31, 33]) func needs32Bytes(count: Int) { #expect(WireGuardKey(bytes: [UInt8](repeating: 1, count: count)) == nil) }

  @Test func zero() throws { #expect(try #require(WireGuardKey(base64: (String(repeating: "A", count: 43) + "=").utf8)).isZero) }

  @Test("No way of printing a key shows it") func hasNoDescription() throws {
    let key = try #require(WireGuardKey(bytes: [UInt8](repeating: 0xab, count: 32)))
    let peer = WireGuardPeer(publicKey: key, presharedKey: key, allowedIPs: [])
    for text in ["\(key)", "\(peer)", String(reflecting: peer), String(describing: [key])] {
      #expect(!text.contains(key.base64) && !text.contains("171") && text.contains("(a key)"))
    }
  }
}

@Suite struct EndpointTests {
  @Test(arguments: [("192.0.2.1", "192.0.2.1:51820"), ("2001:db8::1", "[2001:db8::1]:51820")])
  func writes(address: String, expected: String) throws {
    #expect(Endpoint(address: try #require(IPAddress(address)), port: 51820).description == expected)
  }
}
