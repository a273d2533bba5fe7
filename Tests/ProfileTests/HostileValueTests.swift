import NetworkModel
import Profile
import Testing

@Suite("Characters that mean something elsewhere") struct HostileValueTests {
  static func value(of key: ProfileKey) -> String {
    switch key {
    case .privateKey, .presharedKey: Sample.presharedKey
    case .publicKey: Sample.publicKey
    case .privateKeyFile, .presharedKeyFile: "/run/secrets/home.key"
    case .address: "10.0.0.2/24"
    case .dns, .ownDNS: "10.0.0.1"
    case .allowUsers, .allowGroups: "alice"
    case .systemWide: "root"
    case .autostart: "link"
    case .block: "no"
    case .mtu: "1400"
    case .listenPort: "51820"
    case .fwMark: "0x10"
    case .table: "off"
    case .saveConfig: "true"
    case .preUp, .postUp, .preDown, .postDown: "true"
    case .allowedIPs: "10.0.0.0/8"
    case .endpoint: "a.example:51820"
    case .persistentKeepalive: "25"
    case .id: "7"
    case .subnet: "10.20.7.0/24"
    case .subnet6: "fd00::/64"
    case .networks: "10.0.0.0/8"
    case .direct: "192.168.0.0/16"
    case .outsideIdentity: "yes"
    case .inbound: "tcp/22"
    case .box: "yes"
    case .vrf: "blue"
    case .exitCheck: "https://example.net/ip"
    case .underlay: "vrf blue"
    case .priority: "1000"
    case .relay: "10.42.42.0/24"
    case .link: "eth1"
    case .gateway: "10.0.0.1"
    }
  }

  /// A right file but for `key`'s value, and the line in which that stands.
  /// - Parameter place: another section than the key's own.
  static func file(_ key: ProfileKey, _ value: String, in place: ProfileSection? = nil) -> (text: String, line: Int) {
    var text = ""
    var line = 0
    // Beside a link there is no tunnel.
    let isByLink = [.link, .gateway].contains(key) && place ?? key.section == key.section
    for section in ProfileSection.allCases where !(isByLink && section == .peer) {
      text += "[\(section.name)]\n"
      for other in [ProfileKey.privateKey, .address, .publicKey]
      where other.section == section && other != key && other != key.alternative && !(isByLink && other == .privateKey) {
        text += "\(other.name) = \(self.value(of: other))\n"
      }
      guard section == place ?? key.section else { continue }
      line = text.count { $0 == "\n" } + 1
      text += "\(key.name) = \(value)\n"
      // Which stands beside that only.
      if key == .vrf, section == .vpn { text += "Box = no\n" }
      if isByLink { text += key == .link ? "Gateway = 10.0.0.1\n" : "Link = eth1\n" }
    }
    return (text, line)
  }

  @Test("The file is right without them", arguments: ProfileKey.allCases) func harmless(key: ProfileKey) {
    #expect(errors(Self.file(key, Self.value(of: key)).text).isEmpty)
  }

  @Test(
    "Anywhere in a value they are an error of its line", arguments: ProfileKey.allCases.filter { !$0.isHook },
    ["\"", ";", "{", "}", "'", "`", "$(id)", "\\", "|", "&", "*", "\u{e4}", "\0", "\u{1b}[0m", "\r,", "\u{85}"])
  func refused(key: ProfileKey, character: String) {
    let value = Self.value(of: key)
    for bad in [character + value, value + character, value.prefix(2) + character + value.dropFirst(2)] {
      let (text, line) = Self.file(key, bad)
      let found = errors(text)
      #expect(!found.isEmpty && found.allSatisfy { $0.hasPrefix("\(line):") }, "\(bad)")
    }
  }

  @Test("A line's end in a value ends the line", arguments: ProfileKey.allCases.filter { !$0.isHook })
  func lineEnd(key: ProfileKey) {
    let (text, line) = Self.file(key, "\(Self.value(of: key))\nPostUp; id")
    #expect(errors(text).contains { $0.hasPrefix("\(line + 1):1: not a [Section] or KEY = VALUE line") })
  }

  @Test("A hook may hold any text but control characters", arguments: ProfileKey.allCases.filter { $0.isHook && $0 != .saveConfig })
  func hooks(key: ProfileKey) throws {
    let value = "a \"b\" ; { c } | d && $(e) `f` \u{e4} = [g] \\"
    let (text, line) = Self.file(key, value)
    #expect(try parse(text).hooks == [Hook(key, ByteString(value), line: line)])
    #expect(errors(Self.file(key, "a\0b").text) == ["\(line):\(key.name.count + 5): a NUL byte; a profile is plain text"])
  }
}
