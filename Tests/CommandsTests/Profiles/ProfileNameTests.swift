import LinuxSystem
import NetworkModel
import Testing

@testable import Commands
@testable import HelperWire

@Suite struct ProfileNameTests {
  @Test(arguments: [
    ("home.conf", "home"), ("/a/b.c/wg0.CONF", "wg0"), ("work", "work"), ("home (1).conf", "home-1"),
    ("Mullvad SE (Stockholm).conf", "Mullvad-SE"), ("us-chicago-wireguard-001.conf", "us-chica-001"),
    ("se-sto-wg-001.conf", "se-sto-001"), ("wg-US-FREE-123456.conf", "US-123456"),
    ("abcdefghijklmnop.conf", "abcdefghijkl"), ("se-mullvadstockholm.conf", "se-mullvadst"), ("exactly-here-more.conf", "exactly-here"),
    ("--_x_--.conf", "x"), ("vpn.example.net.conf", "vpn-example"), ("Zürich.conf", "Zurich"), ("Женева.conf", "Zheneva"),
    ("Αθήνα.conf", "Athina"), ("日本.conf", "vpn"), ("wg-vpn.conf", "wg-vpn"),
    ("dir/home.conf/", "home"),
  ])
  func derived(_ file: String, _ name: String) throws { #expect(try ProfileName.derived(from: file).description == name) }

  @Test(arguments: [".conf", "---.conf", "", "/"])
  func none(_ file: String) {
    let failure = #expect(throws: Failure.self) { try ProfileName.derived(from: file) }
    #expect(failure?.lines.first?.contains(VPNName.rule) == true)
  }

  private static let providers: [[String]] = [
    (1...6).map { "se-sto-wg-00\($0).conf" }, (1...500).map { "us-nyc-wireguard-\($0).conf" }, (1...12).map { "日本\($0).conf" },
    ["日本.conf", "中国.conf", "한국.conf"], ["long-name-first.conf", "long-name-second.conf"], ["My VPN (home).conf", "My VPN (work).conf"],
    ["se-sto.conf", "SE-STO.conf", "se_sto.conf"], ["wg-US-FREE-1.conf", "wg-US-FREE-2.conf"],
    ["de-berlin-001-udp.conf", "de-berlin-002-udp.conf"],
    ["aaaaaaaaaaaaaaaaa1.conf", "aaaaaaaaaaaaaaaaa2.conf", "aaaaaaaaaaaa.conf", "aaaaaaaaaa-2.conf"], ["a/x.conf", "b/x.conf", "x-2.conf"],
  ]

  @Test(arguments: providers)
  func everyOneOfMany(_ files: [String]) {
    let names = ProfileName.derived(from: files).map { $0?.description }
    #expect(!names.contains(nil))
    #expect(Set(names.map { $0!.lowercased() }).count == files.count)
    #expect(ProfileName.derived(from: files).map { $0?.description } == names)
  }

  @Test func whatTellsThemApart() {
    func names(_ files: String...) -> [String?] { ProfileName.derived(from: files.map { $0 + ".conf" }).map { $0?.description } }
    #expect(names("se-sto-wg-001", "se-sto-wg-002", "se-got-wg-001") == ["se-sto-001", "se-sto-002", "se-got-001"])
    #expect(names("long-name-first", "long-name-second") == ["long-first", "long-second"])
    #expect(names("home", "日本", "中国") == ["home", "vpn", "vpn-2"])
    #expect(names("x", "x", "x-2") == ["x", "x-3", "x-2"])
    #expect(names("...", "a") == [nil, "a"])
  }

  @Test(arguments: ["all", "default", "lo", "none"])
  func keptByTheKernel(_ name: String) throws {
    let name = try #require(VPNName(name))
    #expect(name.isKernels != nil)
    #expect(name.alternative.isKernels == nil && name.alternative.description == "\(name)-vpn")
  }
}
