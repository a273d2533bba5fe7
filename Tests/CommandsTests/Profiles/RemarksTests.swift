import Diagnosis
import Profile
import Testing

@testable import Commands

@Suite("What is said of a profile that is taken as it is") struct RemarksTests {
  private func remarks(_ allowed: String, dns: String) throws -> [String] {
    let file = TestFolder.providersFile(address: "172.27.1.34/32").replacing("AllowedIPs = 0.0.0.0/0", with: "AllowedIPs = \(allowed)")
      .replacing("\n\n[Peer]", with: "\nDNS = \(dns)\n\n[Peer]")
    return try Profile.parse(Array(file.utf8)).remarks
  }

  @Test func serverOutOfReach() throws {
    #expect(try remarks("0.0.0.0/0, ::/0", dns: "172.27.1.1") == [])
    #expect(try remarks("172.27.1.0/24, 192.0.2.0/24", dns: "172.27.1.1, corp.example") == [])
    let found = try remarks("192.0.2.0/24", dns: "198.51.100.1, 192.0.2.1")
    #expect(found.count == 1 && found[0].hasPrefix("the DNS server 198.51.100.1 is in no AllowedIPs, so commands cannot resolve names"))
    #expect(found[0].contains("add 198.51.100.1/32 to AllowedIPs, or") && found[0].contains("`DNS =` in [VPN]"))
    #expect(try remarks("192.0.2.0/24", dns: "198.51.100.1, fd27::1")[0].hasPrefix("the DNS servers 198.51.100.1, fd27::1 are in no"))
  }

  @Test func withoutALength() throws {
    let found = try remarks("0.0.0.0, ::, 172.27.1.1", dns: "172.27.1.1")
    #expect(found.count == 2 && found[0].hasSuffix("for everything write 0.0.0.0/0") && found[1].hasSuffix("for everything write ::/0"))
    #expect(found[0].hasPrefix("AllowedIPs = 0.0.0.0 has no length and is that one address"))
  }
}
