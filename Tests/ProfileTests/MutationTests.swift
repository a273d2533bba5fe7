import NetworkModel
import Profile
import TestSupport
import Testing

@Suite("Damaged files") struct MutationTests {
  static let seeds = [
    Sample.full, Sample.file(), "\u{feff}" + Sample.file(interface: "MTU = 1400").replacing("\n", with: "\r\n"), Sample.file(vpn: "ID = 9"),
    Sample.file(vpn: "Networks = 10.0.0.0/8, ::/0\nDirect = 10.1.0.0/16\nOutsideIdentity = no\nUnderlay = 5\nPriority = 13"),
  ]

  @Test("20,000 of them are read or refused, and what is read keeps its promises", .timeLimit(.minutes(2)), arguments: seeds.indices)
  func mutations(index: Int) {
    var random = SeededGenerator(seed: UInt64(7 + index))
    let seed = Array(Self.seeds[index].utf8)
    var read = 0
    for i in 0..<20_000 / Self.seeds.count {
      var bytes = seed
      for _ in 0..<Int.random(in: 1...2, using: &random) { Self.damage(&bytes, &random) }
      do {
        let profile = try Profile.parse(bytes)
        read += 1
        Self.checkPromises(of: profile)
        if i % 10 == 0 { Self.checkRewriting(of: bytes, profile) }
      } catch {
        let places = error.errors.map { [$0.line, $0.column] }
        #expect(!places.isEmpty && places.count <= ProfileErrors.maximumCount)
        #expect(zip(places, places.dropFirst()).allSatisfy { !$1.lexicographicallyPrecedes($0) })
        #expect(error.errors.allSatisfy { !"\($0.message)\($0.excerpt ?? "")".utf8.contains { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7f } })
      }
    }
    #expect(read > 200)
  }

  private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let special = Array("=[]#,:/%.- \t\r\n\0\u{7f}0x9a".utf8) + [0x80, 0x9b, 0xc2, 0xff]
    guard !bytes.isEmpty else { return }
    let at = Int.random(in: 0..<bytes.count, using: &random)
    let end = Swift.min(at + Int.random(in: 1...40, using: &random), bytes.count)
    switch Int.random(in: 0...5, using: &random) {
    case 0: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
    case 1: bytes[at] = special.randomElement(using: &random)!
    case 2: bytes.insert(special.randomElement(using: &random)!, at: at)
    case 3: bytes.remove(at: at)
    case 4: bytes.removeSubrange(at..<end)
    default: bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0...bytes.count, using: &random))
    }
  }

  private static func checkPromises(of profile: Profile) {
    #expect(!(profile.hasBox && profile.addresses.isEmpty) && profile.addresses.allSatisfy { $0.address.isUnicast })
    #expect(!profile.peers.isEmpty && profile.peers.allSatisfy { $0.allowedIPs.allSatisfy { $0 == $0.network } })
    #expect(profile.dns.count <= Profile.maximumServers && profile.dns.allSatisfy(\.isUnicast))
    #expect(profile.search.map(\.description).joined(separator: " ").utf8.count <= Profile.maximumSearchText)
    #expect(profile.mtu.map { (576...65535).contains($0) } ?? true)
    #expect(profile.listenPort != 0 && profile.fwmark != 0 && profile.peers.allSatisfy { $0.persistentKeepalive != 0 })
    #expect(profile.id.map { (1...99).contains($0) } ?? true)
    #expect(profile.hooks.allSatisfy { $0.key.isHook })
    let routed = profile.networks + profile.direct
    #expect(Set(routed).count == routed.count && routed.allSatisfy { $0 == $0.network } && profile.direct.allSatisfy { $0.length > 0 })
    #expect(profile.priority.map { (13...32000).contains($0) } ?? true)
    switch profile.underlay {
    case .table(let number): #expect(number > 0)
    case .named(let name): #expect((1...64).contains(name.utf8.count) && !name.description.contains(" "))
    case .vrf(let name): #expect((1...15).contains(name.utf8.count) && name.description.allSatisfy { $0.isASCII && !"/ \t:".contains($0) })
    case .vpn, nil: break
    }
    if case .number(let table) = profile.table { #expect(table > 0 && !(253...255).contains(table)) }
  }

  private static func checkRewriting(of bytes: [UInt8], _ profile: Profile) {
    var expected = profile
    expected.id = 77
    expected.hooks = []
    #expect((try? Profile.parse(Profile.rewritten(bytes, id: 77))) == expected)
  }
}
