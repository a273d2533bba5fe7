import LinuxSystem
import NetworkModel
import Testing

@testable import Commands
@testable import HelperWire

@Suite struct ProfileNameTests {
  @Test(arguments: [
    ("home.conf", "home"), ("/a/b.c/wg0.CONF", "wg0"), ("work", "work"), ("home (1).conf", "home-1"),
    ("Mullvad SE (Stockholm).conf", "Mullvad-SE"), ("us-chicago-wireguard-001.conf", "us-chicago"),
    ("abcdefghijklmnop.conf", "abcdefghijkl"), ("se-mullvadstockholm.conf", "se-mullvadst"), ("exactly-here-more.conf", "exactly-here"),
    ("--_x_--.conf", "x"), ("vpn.example.net.conf", "vpn-example"), ("Zürich.conf", "Z-rich"), ("dir/home.conf/", "home"),
  ])
  func derived(_ file: String, _ name: String) throws { #expect(try ProfileName.derived(from: file).description == name) }

  @Test(arguments: ["日本.conf", ".conf", "---.conf", "", "/"])
  func none(_ file: String) {
    let failure = #expect(throws: Failure.self) { try ProfileName.derived(from: file) }
    #expect(failure?.lines.first?.contains(VPNName.rule) == true)
  }
}
