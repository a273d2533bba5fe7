import Foundation
import Profile
import Testing

@Suite("The table of keys") struct ProfileKeyTests {
  @Test("Names differ, and every key is a section's") func names() {
    for section in ProfileSection.allCases {
      #expect(Set(section.keys.map { $0.name.lowercased() }).count == section.keys.count)
    }
    #expect(ProfileSection.allCases.flatMap(\.keys).count == ProfileKey.allCases.count)
    #expect(ProfileSection.allCases.map(\.name) == ["Interface", "Peer", "VPN"])
  }

  @Test func kinds() {
    #expect(ProfileKey.allCases.filter(\.isSecret) == [.privateKey, .presharedKey])
    #expect(ProfileKey.allCases.filter(\.isHook) == [.preUp, .postUp, .preDown, .postDown, .saveConfig])
    #expect(
      ProfileKey.allCases.filter { $0.mayRepeat && !$0.isHook } == [
        .address, .dns, .allowedIPs, .allowUsers, .allowGroups, .ownDNS, .networks, .direct,
        .inbound, .relay, .gateway,
      ])
    #expect(ProfileKey.allCases.filter { $0.alternative != nil } == [.privateKey, .privateKeyFile, .presharedKey, .presharedKeyFile])
    for key in ProfileKey.allCases { #expect((key.alternative ?? key).section == key.section) }
  }

  @Test("A key is taken in its own section, and refused in the others", arguments: ProfileKey.allCases, ProfileSection.allCases)
  func sections(key: ProfileKey, section: ProfileSection) {
    let (text, line) = HostileValueTests.file(key, HostileValueTests.value(of: key), in: section)
    let isThere = section.keys.contains { $0.name == key.name }
    #expect(isThere == (key.section == section || (key.name == "DNS" && section != .peer)))
    if isThere {
      #expect(errors(text).isEmpty)
    } else {
      // A key of two sections is said to belong in the first.
      let home = key.name == "DNS" ? ProfileSection.interface : key.section
      #expect(errors(text).contains("\(line):1: \(key.name) in [\(section.name)]; it belongs in [\(home.name)]"))
    }
  }

  @Test("A few words say what it means", arguments: ProfileKey.allCases) func meaning(key: ProfileKey) {
    #expect((10...60).contains(key.meaning.count) && !key.meaning.hasSuffix("."))
  }

  /// `.Ss Interface`, and its `.It Ic PrivateKey` up to the next heading.
  @Test("The manual has each section's keys, and nothing else", arguments: ProfileSection.allCases)
  func manual(section: ProfileSection) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../man/vpnrun.conf.5")
    let text = try String(contentsOf: file, encoding: .utf8)
    let start = try #require(text.firstRange(of: "\n.Ss \(section.name)\n"))
    let part = text[start.upperBound...].split(separator: #/\n\.S[sh] /#)[0]
    let keys = part.split(separator: "\n").filter { $0.hasPrefix(".It Ic ") }.map { String($0.dropFirst(7)) }
    #expect(keys.count == section.keys.count && Set(keys) == Set(section.keys.map(\.name)))
  }
}
