import NetworkModel
import Profile
import Testing

@Suite("Keys of [VPN] and key files") struct OwnKeyTests {
  @Test("DNS of [VPN] replaces the provider's, all of it") func dns() throws {
    let provider = "DNS = 10.64.0.1, corp.example, 2606:4700::1111"
    let own = try parse(Sample.file(interface: provider, vpn: "DNS = 9.9.9.9\ndns = 1.1.1.1, lan.example"))
    #expect(own.dns.map(\.description) == ["9.9.9.9", "1.1.1.1"] && own.search.map(\.description) == ["lan.example"])
    let search = try parse(Sample.file(interface: provider, vpn: "DNS = lan.example"))
    #expect(search.dns.isEmpty && search.search.map(\.description) == ["lan.example"])
    let provided = try parse(Sample.file(interface: provider))
    #expect(provided.dns.count == 2 && provided.search.count == 1)
    #expect(errors(Sample.file(vpn: "DNS =")) == ["10:6: DNS: the value is missing; write it, or leave the line out"])
    #expect(errors(Sample.file(vpn: "DNS = 9.9.9")) == ["10:7: DNS = 9.9.9: not an address; write IPv4, IPv6 or a search domain"])
    #expect(errors(Sample.file(peer: "DNS = 9.9.9.9")) == ["8:1: DNS in [Peer]; it belongs in [Interface]"])
  }

  @Test("The provider's servers may be in the commands' network if they do not count") func replaced() throws {
    let provider = "DNS = 10.20.7.1"
    #expect(errors(Sample.file(interface: provider, vpn: "ID = 7")).count == 1)
    #expect(errors(Sample.file(interface: provider, vpn: "ID = 7\nDNS = 9.9.9.9")).isEmpty)
    #expect(errors(Sample.file(vpn: "ID = 7\nDNS = 10.20.7.1")).count == 1)
  }

  @Test func autostartAndSystemWide() throws {
    #expect(try parse(Sample.file()).autostart == .no && parse(Sample.file()).systemWide == .group)
    for value in Autostart.allCases { #expect(try parse(Sample.file(vpn: "Autostart = \(value.name)")).autostart == value) }
    for value in SystemWideRule.allCases { #expect(try parse(Sample.file(vpn: "systemwide = \(value.name)")).systemWide == value) }
    #expect(try parse(Sample.file(vpn: "Autostart = UP")).autostart == .up)
    #expect(errors(Sample.file(vpn: "Autostart = yes")) == ["10:13: Autostart = yes: write no, link or up"])
    #expect(errors(Sample.file(vpn: "SystemWide = yes")) == ["10:14: SystemWide = yes: write group, root or no"])
    #expect(errors(Sample.file(vpn: "Autostart = up\nSystemWide = no")) == ["10:13: Autostart = up: not with SystemWide = no; write link"])
    #expect(
      errors(Sample.file(interface: "Table = off", vpn: "Autostart = up")) == [
        "10:13: Autostart = up: not with Table = off, which leaves it no routes; write link"
      ])
    #expect(errors(Sample.file(vpn: "Autostart = link\nSystemWide = no")).isEmpty)
    #expect(errors(Sample.file(vpn: "Autostrat = up")) == ["10:1: unknown key Autostrat; did you mean Autostart?"])
  }

  @Test func block() throws {
    #expect(try parse(Sample.file(vpn: "Autostart = up\nBlock = yes")).block && !parse(Sample.file()).block)
    let sentence = "Block = yes: only with Autostart = up, which ends it; write that as well, or leave this out"
    #expect(errors(Sample.file(vpn: "Block = yes")) == ["10:9: \(sentence)"])
    #expect(errors(Sample.file(vpn: "Block = yes\nAutostart = link")) == ["10:9: \(sentence)"])
    #expect(errors(Sample.file(vpn: "Block = no")).isEmpty)
  }

  // MARK: Key files

  private static let path = "/run/secrets/wg-home.key"
  private static let withoutKey = Sample.file(interface: "PrivateKeyFile = \(path)").replacing(
    "PrivateKey = \(Sample.privateKey)\n", with: "\n")

  @Test func keyFiles() throws {
    let profile = try parse(Self.withoutKey.replacing("[VPN]", with: "presharedkeyfile=\(Self.path)2 # two\n[VPN]"))
    #expect(profile.privateKey == nil && profile.privateKeyFile?.path == Self.path)
    #expect(profile.peers[0].presharedKey == nil && profile.peers[0].presharedKeyFile?.path == Self.path + "2")
  }

  @Test("A key stands in one place") func exclusive() {
    #expect(errors(Sample.file(interface: "PrivateKeyFile = \(Self.path)")) == ["4:1: PrivateKey stands in line 2; keep one of them"])
    let both = "PresharedKeyFile = \(Self.path)\nPresharedKey = \(Sample.presharedKey)"
    #expect(errors(Sample.file(peer: both)) == ["9:1: PresharedKeyFile stands in line 8; keep one of them"])
    // Each peer has its own.
    let second = "PresharedKey = \(Sample.presharedKey)\n[Peer]\nPublicKey = \(Sample.otherKey)\nPresharedKeyFile = \(Self.path)"
    #expect(errors(Sample.file(peer: second)).isEmpty)
    #expect(errors(Self.withoutKey.replacing("PrivateKeyFile", with: "PrivatKeyFile")).count == 1, "misspelt, and not missing besides")
  }

  @Test(
    "What is no path is not shown, for it may be the key itself",
    arguments: [
      "secrets/home", "/", "~/key", "/a b", "/run/$HOME", Sample.privateKey, Sample.presharedKey,
      String(Sample.presharedKey.dropLast(2)) + "==",
      "/" + String(repeating: "a", count: 4095),
    ])
  func wrongPath(text: String) throws {
    let file = Self.withoutKey.replacing(Self.path, with: text)
    #expect(errors(file).count == 1 && errors(file)[0].hasPrefix("4:18: PrivateKeyFile: not a file's path from the root"))
    do { _ = try parse(file) } catch { #expect(SecretTests.leaks(error, of: [Sample.privateKey, Sample.presharedKey]).isEmpty) }
  }

  @Test("wg reads the names of its own keys with spaces, and ours not") func spaces() {
    #expect(errors(Self.withoutKey.replacing("PrivateKeyFile", with: "Private Key File")).count > 0)
  }
}
