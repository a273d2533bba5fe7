import Diagnosis
import LinuxSystem
import NetworkModel
import Testing

@testable import Commands

@Suite struct ExitRequestTests {
  let folder = TestFolder()

  private func vpn(linked: Bool = true, check: String? = nil) {
    folder.write("etc/home.conf", "")
    let json = Sample.json("home", linked: linked).replacing(
      "\"exit_check\":null", with: check.map { "\"exit_check\":\"\($0)\"" } ?? "\"exit_check\":null"
    ).replacing("\"172.27.12.34/32\"", with: "\"172.27.12.34/32\",\"fd27::1/128\"")
    folder.program("vpn-link", "echo '[\(json)]'")
  }

  private func perform(_ request: ExitRequest = ExitRequest(name: "home")) throws(Failure) -> Answer {
    var installation = folder.installation
    installation.vpnrun = "\(folder.path)/vpnrun"
    return try request.perform(on: installation, style: .plain)
  }

  @Test func bothFamiliesByURL() throws {
    vpn(check: "http://192.0.2.80/ip")
    folder.program("vpnrun", "log \"$*\"\ncase \"$*\" in *' -4 '*) echo 203.0.113.101 ;; *) echo '{\"ip\": \"2001:db8:113::101\"}' ;; esac")
    let said = try perform()
    #expect(said == Answer(text: "home  seen as 203.0.113.101 and 2001:db8:113::101 (asked http://192.0.2.80/ip)\n"))
    #expect(
      folder.log
        == ["-4", "-6"].map { "-q home -- curl -q \($0) -gsSf --noproxy * --proto =http,https --max-time 8 -- http://192.0.2.80/ip" })
    let json = try perform(ExitRequest(json: true)).text
    #expect(json.contains("\"addresses\" : [\n") && json.contains("\"problems\" : [\n\n") && json.contains("\"vpn\" : \"home\""))
  }

  @Test func oneFamilyIsEnough() throws {
    vpn()
    folder.program("vpnrun", "case \"$*\" in *' -4 '*) echo 203.0.113.101 ;; *) echo 'curl: (7) no' >&2; exit 7 ;; esac")
    #expect(
      try perform().text == "home  seen as 203.0.113.101 (asked https://icanhazip.com)\n  IPv6: curl: (7) no\n")
  }

  @Test func noAnswer() throws {
    vpn()
    folder.program("vpnrun", "echo '<html>1.2.3</html>'")
    let said = try perform()
    #expect(
      said.failure == Failure(lines: [])
        && said.text.hasPrefix("home  no answer (asked https://icanhazip.com)\n  IPv4: there is no address"))
  }

  @Test func nothingIsLinkedForIt() {
    vpn(linked: false)
    folder.program("vpnrun", "log called")
    #expect(throws: Failure("home is not linked, so nothing was asked: `vpn link home` first")) { try perform() }
    #expect(throws: Failure("no VPN is linked, so nothing was asked: `vpn link NAME` first")) { try perform(ExitRequest()) }
    #expect(folder.log.isEmpty)
  }

  @Test func withoutCurl() {
    vpn()
    folder.program("vpnrun", "exit 127")
    #expect(throws: Failure("curl is missing: `sudo apt install curl`, or ask by DNS (ExitCheck in vpnrun.conf(5))")) { try perform() }
  }

  @Test(arguments: [
    ("203.0.113.7\n", "203.0.113.7"), ("Your address: 203.0.113.7.", nil), ("at 12:30:00 from 2001:db8::7", "2001:db8::7"),
    ("{\"ip\":\"203.0.113.7\"}", "203.0.113.7"), ("0.0.0.0 ::", nil), ("", nil),
  ])
  func addressInText(_ text: String, _ address: String?) { #expect(Exit.address(in: text)?.description == address) }
}
