import LinuxSystem
import NetworkModel
import Testing

@testable import Commands
@testable import HelperWire

@Suite(.serialized) struct CutOffTests {
  let folder = TestFolder()

  private func refusal(_ request: some CommandRequest, from client: String?) -> String? {
    var installation = folder.installation
    installation.sshClient = client.flatMap { IPAddress($0) }
    do throws(Failure) {
      _ = try request.perform(on: installation, style: .plain)
      return nil
    } catch { return error.lines.first }
  }

  private func shows(_ vpns: String...) {
    for name in ["home", "work"] { folder.write("etc/\(name).conf", "") }
    folder.program("vpn-link", "case $1 in show) echo '[\(vpns.joined(separator: ","))]';; *) echo done;; esac")
  }

  @Test func refused() {
    shows(Sample.json("home"), Sample.json("work", id: 2))
    #expect(
      refusal(UpRequest(), from: "198.51.100.7") == """
        vpn: this would cut off your SSH session from 198.51.100.7: `OutsideIdentity = yes` in [VPN] of home.conf keeps it, \
        and `vpn up --force` does it anyway
        """)
    #expect(refusal(UpRequest(name: "work"), from: "2001:db8::7")?.contains("work.conf") == true)
    #expect(refusal(ToggleRequest(), from: "2001:db8::7")?.contains("`vpn toggle --force`") == true)
    #expect(refusal(ToggleRequest(name: "work"), from: "2001:db8::7")?.contains("work.conf") == true)
  }

  @Test func notRefused() {
    shows(Sample.json("home"), Sample.json("work", id: 2, outsideIdentity: true))
    for client in [nil, "192.168.1.7", "10.1.2.3", "172.31.0.1", "fd00::1", "fe80::1", "169.254.1.1", "127.0.0.1", "::1"] {
      #expect(refusal(UpRequest(), from: client) == nil)
    }
    #expect(refusal(UpRequest(name: "work"), from: "198.51.100.7") == nil)
    #expect(refusal(UpRequest(force: true), from: "198.51.100.7") == nil)
    #expect(refusal(ToggleRequest(force: true), from: "198.51.100.7") == nil)
    #expect(refusal(DownRequest(), from: "198.51.100.7") == nil)
  }

  @Test func upAlready() {
    shows(Sample.json("home", linked: true, up: true), Sample.json("work", id: 2))
    #expect(refusal(UpRequest(), from: "198.51.100.7") == nil)
    #expect(refusal(ToggleRequest(), from: "198.51.100.7") == nil)
    #expect(refusal(ToggleRequest(name: "home"), from: "198.51.100.7") == nil)
    #expect(refusal(ToggleRequest(name: "work"), from: "198.51.100.7") != nil)
  }
}
