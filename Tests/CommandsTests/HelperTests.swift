import LinuxSystem
import Testing

@testable import Commands
@testable import HelperWire

/// Requests against a vpn-link of a few lines of sh. One at a time: a program that is being written cannot be run, and any child
/// that starts at that moment keeps it open for writing.
@Suite(.serialized) struct HelperTests {
  let folder = TestFolder()

  init() { folder.write("etc/home.conf", "") }

  private func perform(_ request: some CommandRequest, isRoot: Bool = true) throws -> Answer {
    var installation = folder.installation
    installation.isRoot = isRoot
    return try request.perform(on: installation, style: .plain)
  }

  private func refusal(_ request: some CommandRequest, isRoot: Bool = true) -> Failure? {
    #expect(throws: Failure.self) { try perform(request, isRoot: isRoot) }
  }

  private func helper(shows json: String, link: String = "log \"$@\"") {
    folder.program("vpn-link", "case $1 in show) echo '[\(json)]';; *) \(link);; esac")
  }

  @Test func listAndStatus() throws {
    helper(shows: Sample.json("home"))
    #expect(try perform(ListRequest()).text.contains("home  1   not linked  172.27.12.34  203.0.113.2:51820"))
    #expect(
      try perform(StatusRequest()).text
        == "Off: home is not in use (vpnrun home -- COMMAND, or vpn up home for the whole system)\n\nhome  not linked\n")
    #expect(try perform(StatusRequest(name: "home")).text.hasPrefix("Off: home is not in use (vpnrun home"))
    #expect(try perform(ListRequest(json: true)).text == perform(StatusRequest(json: true)).text)
    folder.program("vpn-link", "echo []")
    #expect(try perform(StatusRequest()).text == "No VPN is up\n")
    #expect(try perform(ListRequest()) == Answer(text: "", notes: [ProfileFolder.noneYet]))
    #expect(try perform(ListRequest(json: true)).text == "[\n\n]\n")
  }

  @Test func reportsOnSeveralLines() throws {
    folder.write("etc/work.conf", "")
    let (home, work) = (Sample.json("home"), Sample.json("work", id: 2))
    helper(shows: home + "," + work)
    let both = try perform(ListRequest(json: true))
    folder.program("vpn-link", "echo '[\(work)]'; echo '[\(home)]'")
    #expect(try perform(ListRequest(json: true)) == both)
    folder.program("vpn-link", "echo '[\(home)]'; echo 'something else'; echo '[\(work)]'")
    #expect(refusal(ListRequest())?.lines.first?.contains("is not understood") == true)
    folder.program("vpn-link", "echo '[\(home)]'; exit 125")
    #expect(refusal(ListRequest()) == .alreadySaid)
  }

  @Test func statusTellsByItsExitStatus() throws {
    let down = Failure(lines: [], status: .down)
    helper(shows: Sample.json("home", linked: true) + "," + Sample.json("work", id: 2, linked: true, up: true))
    folder.write("etc/work.conf", "")
    #expect(try perform(StatusRequest()).failure == nil)
    #expect(try perform(StatusRequest(name: "work")).failure == nil)
    #expect(try perform(StatusRequest(name: "home")).failure == down)
    #expect(try perform(StatusRequest(name: "home", json: true)).failure == down)
    #expect(try perform(ListRequest()).failure == nil)
  }

  @Test func unknownName() {
    #expect(refusal(StatusRequest(name: "hom")) == Failure("there is no VPN 'hom'; did you mean 'home'?"))
    #expect(refusal(LinkBoxRequest(name: "paris")) == Failure("there is no VPN 'paris'; there is home"))
    #expect(refusal(UnlinkBoxRequest(name: "../home")) == Failure("there is no VPN '../home'; there is home"))
    for request in [UpRequest(name: "hom"), DownRequest(name: "hom"), ToggleRequest(name: "hom"), RefreshRequest(name: "hom")]
      as [any CommandRequest]
    {
      #expect(refusal(request) == Failure("there is no VPN 'hom'; did you mean 'home'?"))
    }
  }

  @Test func link() throws {
    helper(shows: Sample.json("home"))
    #expect(try perform(LinkBoxRequest(name: "home", verbose: true)).text == "home is linked: try `vpnrun home -- COMMAND`\n")
    folder.write("netns/vpn-home", "")
    #expect(try perform(LinkBoxRequest(name: "home")).text == "home is linked already\n")
    #expect(folder.log == ["link home --verbose", "ways", "link home"])
  }

  /// vpn-link comes back for the addresses that it lacks.
  private let needsNames = "log \"$@\"; case $* in *--resolved*) echo changed;; *) exit 5;; esac"

  @Test func namesAreResolvedHere() throws {
    helper(shows: Sample.json("home", endpoint: "localhost"), link: needsNames)
    let found = [["localhost=127.0.0.1"], ["localhost=::1"]]
    for (request, words) in [
      (LinkBoxRequest(name: "home"), "link home"), (UpRequest(), "up"), (ToggleRequest(name: "home"), "toggle home"),
      (RefreshRequest(name: "home"), "refresh home"), (ReloadRequest(name: "home"), "reload home"),
    ] as [(any CommandRequest, String)] {
      let before = folder.log.count
      #expect(try perform(request).text.hasPrefix("changed\n"))
      // Of a box that is new, whether its DNS servers can be reached.
      let log = folder.log.dropFirst(before).filter { $0 != "ways" }
      #expect(found.contains { log.elementsEqual([words, "\(words) --resolved \($0[0])"]) }, "\(log)")
    }
    helper(shows: Sample.json("home", endpoint: "no-such-host.invalid"), link: needsNames)
    #expect(refusal(LinkBoxRequest(name: "home"))?.lines.first?.hasPrefix("vpn: cannot resolve no-such-host.invalid: ") == true)
    helper(shows: Sample.json("home", endpoint: "localhost"), link: "exit 5")
    #expect(refusal(UpRequest())?.lines.first?.contains("does not take the addresses") == true)
  }

  @Test func brokenProfileAndOwnSentences() {
    helper(shows: #"{"name":"home","error":"/etc/vpnrun/home.conf:1:1: no"}"#, link: "exit 5")
    #expect(refusal(LinkBoxRequest(name: "home")) == Failure("/etc/vpnrun/home.conf:1:1: no"))
    #expect(refusal(StatusRequest(name: "home")) == Failure("/etc/vpnrun/home.conf:1:1: no"))
    for request in [LinkBoxRequest(name: "home"), UpRequest(), DownRequest(), ToggleRequest(), UnlinkBoxRequest(name: "home")]
      as [any CommandRequest]
    {
      helper(shows: Sample.json("home"), link: "exit 125")
      #expect(refusal(request) == .alreadySaid)
      helper(shows: Sample.json("home"), link: "kill -INT $$")
      #expect(refusal(request) == .interrupted)
    }
    helper(shows: Sample.json("home"), link: "kill -9 $$")
    #expect(refusal(LinkBoxRequest(name: "home")) == Failure("\(folder.path)/vpn-link was ended by signal 9"))
  }

  @Test func missingHelper() { #expect(refusal(ListRequest())?.lines.first?.contains("vpn-link is missing: install vpnrun") == true) }

  // MARK: A kernel without WireGuard

  private let linkWithUserspace = "log \"$@\"; test -e $here/sockets/wg.home.sock || exit 4"

  @Test func unprivilegedIsTold() {
    helper(shows: Sample.json("home"), link: "exit 4")
    let failure = Failure("the kernel has no WireGuard; run `sudo vpn link home` once: it starts wireguard-go")
    #expect(refusal(LinkBoxRequest(name: "home"), isRoot: false) == failure)
    #expect(refusal(UpRequest(), isRoot: false) == failure)
  }

  @Test func rootStartsUserspace() throws {
    helper(shows: Sample.json("home"), link: linkWithUserspace)
    folder.program("wireguard-go", "log wireguard-go \"$@\" in $PWD; touch $here/sockets/$1.sock")
    _ = try perform(LinkBoxRequest(name: "home"))
    #expect(folder.log == ["link home", "wireguard-go wg.home in /", "link home", "ways"])
    #expect(folder.names(in: "sockets") == ["wg.home.sock"])
  }

  @Test func rootStartsUserspaceForUp() throws {
    helper(shows: Sample.json("home", endpoint: "localhost"), link: linkWithUserspace + "; " + needsNames)
    folder.program("wireguard-go", "touch $here/sockets/$1.sock")
    #expect(try perform(UpRequest()).text == "changed\n")
  }

  @Test func startedUserspaceIsRemovedOnFailure() {
    helper(shows: Sample.json("home"), link: "test -e $here/sockets/wg.home.sock && exit 125; exit 4")
    folder.program("wireguard-go", "touch $here/sockets/$1.sock")
    #expect(refusal(LinkBoxRequest(name: "home")) == .alreadySaid)
    #expect(folder.names(in: "sockets") == [])
  }

  @Test func userspaceThatFailsOrIsMissing() {
    helper(shows: Sample.json("home"), link: "exit 4")
    #expect(refusal(LinkBoxRequest(name: "home"))?.lines.first?.contains("run `sudo apt install wireguard-go`") == true)
    folder.program("wireguard-go", "echo warning; echo no TUN >&2; exit 1")
    #expect(refusal(LinkBoxRequest(name: "home"))?.lines.first?.hasSuffix("cannot make wg.home: no TUN") == true)
  }

  // MARK: The system

  @Test func unlink() throws {
    helper(shows: Sample.json("home"))
    #expect(try perform(UnlinkBoxRequest(name: "home")).text == "home was not linked\n")
    folder.write("netns/vpn-home", "")
    folder.write("netns/vpn-gone", "")
    #expect(try perform(UnlinkBoxRequest(name: "home", force: true)).text == "home is no longer linked\n")
    #expect(try perform(UnlinkBoxRequest(name: "gone", verbose: true)).text == "gone is no longer linked\n")
    #expect(folder.log == ["unlink home", "unlink home --force", "unlink gone --verbose"])
  }

  @Test func upDownToggle() throws {
    helper(shows: Sample.json("home"), link: "log \"$@\"; echo $1 is done")
    #expect(try perform(UpRequest()).text == "up is done\n")
    #expect(try perform(UpRequest(name: "home", force: true)).text == "up is done\n")
    #expect(try perform(DownRequest(name: "home")).text == "down is done\n")
    #expect(try perform(ToggleRequest()).text == "toggle is done\n")
    #expect(folder.log == ["up", "up home", "down home", "toggle"])
  }

  @Test func refreshOfAll() throws {
    let all = [Sample.json("a", linked: true), Sample.json("b", id: 2), Sample.json("c", id: 3, linked: true)].joined(separator: ",")
    helper(shows: all, link: "log \"$@\"; [ $2 != a ] || exit 125; echo $2 is refreshed")
    let answer = try perform(RefreshRequest())
    #expect(answer == Answer(text: "c is refreshed\n", failure: .alreadySaid))
    #expect(folder.log == ["refresh a", "refresh c"])
    helper(shows: Sample.json("a"))
    #expect(try perform(RefreshRequest()) == Answer(text: "no VPN is linked\n"))
  }

  @Test func refreshWithoutANetworkKeepsTheAddress() throws {
    helper(shows: Sample.json("home", endpoint: "no-such-host.invalid", linked: true), link: needsNames)
    let notes = try perform(RefreshRequest(name: "home")).notes
    #expect(notes == ["no-such-host.invalid cannot be resolved now; home goes on with 198.51.100.7"])
    #expect(folder.log == ["refresh home", "refresh home --resolved no-such-host.invalid=198.51.100.7"])
  }
}
