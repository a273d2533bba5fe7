import Profile
import Testing

@Suite("The file that an import writes") struct RewriteTests {
  static func rewritten(_ text: String, id: UInt8) -> String {
    String(decoding: Profile.rewritten(Array(text.utf8), id: id), as: UTF8.self)
  }

  @Test("It parses to the same profile but for ID and hooks, and stays as it is the second time") func roundTrip() throws {
    var texts = [Sample.file(), Sample.full, Sample.file(vpn: "ID = 3"), Sample.file(vpn: "Subnet = 10.9.9.0/24")]
    texts.append(String(Sample.file().split(separator: "[VPN]")[0]))
    texts += texts.map { "\u{feff}" + $0.replacing("\n", with: "\r\n") } + texts.map { String($0.dropLast()) }
    for text in texts {
      for id in [UInt8(1), 42, 99] {
        var expected = try parse(text)
        expected.id = id
        expected.hooks = []
        let once = Self.rewritten(text, id: id)
        #expect(try parse(once) == expected)
        #expect(Self.rewritten(once, id: id) == once)
        #expect(!once.contains("\r") && once.hasSuffix("\n"))
      }
    }
  }

  @Test("Lines and comments stay, hooks go, [VPN] comes first") func lines() {
    let text = """
      # Office
      [Interface] # mine
      PrivateKey=\(Sample.privateKey)
        Address = 10.0.0.2/32   # two

      #PostUp = stays, being a comment
      PostUp = goes # with its comment
      saveconfig=true
      [Peer]
      PublicKey = \(Sample.publicKey)
      """
    let kept = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("PostUp") && !$0.hasPrefix("save") }
    #expect(Self.rewritten(text, id: 7) == "[VPN]\nID = 7\n\n" + kept.joined(separator: "\n") + "\n")
  }

  @Test("An ID is changed where it stands, or put below [VPN]") func identifier() {
    let head = Sample.file().split(separator: "[VPN]")[0]
    #expect(
      Self.rewritten(head + "[vpn]\n id=5 # five\nSubnet = 10.9.9.0/24", id: 12) == head + "[vpn]\n id=12 # five\nSubnet = 10.9.9.0/24\n")
    #expect(Self.rewritten(head + "[VPN]\nSubnet = 10.9.9.0/24\n", id: 12) == head + "[VPN]\nID = 12\nSubnet = 10.9.9.0/24\n")
    #expect(Self.rewritten(head + "[VPN]\n[VPN]\nID = 1", id: 12) == head + "[VPN]\n[VPN]\nID = 12\n")
  }
}
