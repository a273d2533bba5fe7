import Profile
import Testing

@Suite("The table of keys") struct ProfileKeyTests {
  @Test("Names differ, and every key is a section's") func names() {
    #expect(Set(ProfileKey.allCases.map { $0.name.lowercased() }).count == ProfileKey.allCases.count)
    #expect(ProfileSection.allCases.flatMap(\.keys).count == ProfileKey.allCases.count)
    #expect(ProfileSection.allCases.map(\.name) == ["Interface", "Peer", "VPN"])
  }

  @Test func kinds() {
    #expect(ProfileKey.allCases.filter(\.isSecret) == [.privateKey, .presharedKey])
    #expect(ProfileKey.allCases.filter(\.isHook) == [.preUp, .postUp, .preDown, .postDown, .saveConfig])
    #expect(ProfileKey.allCases.filter { $0.mayRepeat && !$0.isHook } == [.address, .dns, .allowedIPs, .networks, .direct])
  }
}
