import Profile
import Testing

@Suite("Block of a profile that cannot be used") struct BlockTests {
  @Test func asked() {
    for text in [
      "[Interface]\nAdress = 1\n[VPN]\nBlock = yes\n", "[VPN]\r\nblock=YES # now\r\n[Peer\n", "x\0\n[ vpn ]\nBlock = no\nBlock = yes",
    ] {
      #expect(Profile.asksForBlock(Array(text.utf8)), "\(text)")
    }
    for text in [
      "", "Block = yes", "[Peer]\nBlock = yes", "[VPN]\n[Interface]\nBlock = yes", "[VPN]\nBlock = no", "[VPN]\n# Block = yes",
      "[VPN]\nBlock =",
    ] {
      #expect(!Profile.asksForBlock(Array(text.utf8)), "\(text)")
    }
  }
}
