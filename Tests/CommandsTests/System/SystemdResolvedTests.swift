import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

/// Arguments as busctl(1) takes them; those that were refused would leave a link without its servers.
@Suite(.serialized) struct SystemdResolvedTests {
  private func calls(_ vpn: Report.VPN) -> [String] {
    SystemdResolved.calls(for: vpn, link: 7).map { ([$0.method] + $0.arguments).joined(separator: " ") }
  }

  @Test func wholeSystem() {
    #expect(
      calls(Sample.up(Sample.home, dnsInForce: true)) == [
        "SetLinkDNS ia(iay) 7 1 2 4 172 27 12 1", "SetLinkDomains ia(sb) 7 2 corp.example false . true", "SetLinkDefaultRoute ib 7 true",
      ])
  }

  @Test func behindAnother() {
    var vpn = Sample.up(Sample.home)
    vpn.dns = ["172.27.12.1", "fd27::1"]
    vpn.search = []
    #expect(
      calls(vpn) == [
        "SetLinkDNS ia(iay) 7 2 2 4 172 27 12 1 10 16 253 39 0 0 0 0 0 0 0 0 0 0 0 0 0 1", "SetLinkDomains ia(sb) 7 0",
        "SetLinkDefaultRoute ib 7 false",
      ])
  }

  @Test func downOrWithoutServers() {
    #expect(calls(Sample.home) == ["RevertLink i 7"])
    #expect(calls(Sample.up(Sample.work)) == ["RevertLink i 7"])
  }

  @Test func words() {
    #expect(
      SystemdResolved.Call(method: "RevertLink", arguments: ["i", "7"]).words == [
        "--system", "--quiet", "--allow-interactive-authorization=no", "--timeout=5", "call", "org.freedesktop.resolve1",
        "/org/freedesktop/resolve1", "org.freedesktop.resolve1.Manager", "RevertLink", "i", "7",
      ])
  }

  // MARK: After a change

  let folder = TestFolder()

  init() {
    folder.write("etc/home.conf", "")
    folder.makeFolder("links/home")
    folder.write("links/home/ifindex", "42\n")
    let shown = Sample.json("home", linked: true, up: true) + "," + Sample.json("work", id: 2)
    folder.program("vpn-link", "case $1 in show) echo '[\(shown)]';; *) echo done;; esac")
    folder.program("busctl", "log \"$9\" \"${11}\"")
  }

  private func perform(_ request: some CommandRequest) throws -> Answer { try request.perform(on: folder.installation, style: .plain) }

  @Test func nobodyToTell() throws {
    #expect(try perform(UpRequest(verbose: true)).notes == [])
    #expect(folder.log == [])
  }

  @Test func told() throws {
    folder.makeFolder("resolve")
    let all = ["SetLinkDNS 42", "SetLinkDomains 42", "SetLinkDefaultRoute 42", "FlushCaches "]
    for request in [UpRequest(), DownRequest(), ToggleRequest(), RefreshRequest(), UnlinkBoxRequest(name: "home")] as [any CommandRequest] {
      let before = folder.log.count
      #expect(try perform(request).notes == [])
      #expect(Array(folder.log.dropFirst(before)) == all)
    }
    let before = folder.log.count
    _ = try perform(LinkBoxRequest(name: "home"))
    #expect(folder.log.count == before)
  }

  @Test func refused() throws {
    folder.makeFolder("resolve")
    folder.program("busctl", "echo 'Call failed: Interactive authentication required.' >&2; exit 1")
    #expect(try perform(UpRequest()).notes == [])
    let note = "systemd-resolved was not told of home's servers: Call failed: Interactive authentication required."
    #expect(try perform(UpRequest(verbose: true)).notes == [note])
  }
}
