import Testing

@testable import Commands

/// Requests against a vpn-link of a few lines of sh. One at a time: a program that is being written cannot be run, and any child
/// that starts at that moment keeps it open for writing.
@Suite(.serialized) struct HelperTests {
  let folder = TestFolder()

  init() { folder.write("etc/home.conf", "") }

  private func perform(_ request: some Request, isRoot: Bool = true) throws -> Answer {
    var installation = folder.installation
    installation.isRoot = isRoot
    return try request.perform(on: installation, style: .plain)
  }

  private func refusal(_ request: some Request, isRoot: Bool = true) -> Failure? {
    #expect(throws: Failure.self) { try perform(request, isRoot: isRoot) }
  }

  private func helper(shows json: String, link: String = "log \"$@\"") {
    folder.program("vpn-link", "case $1 in show) echo '[\(json)]';; *) \(link);; esac")
  }

  @Test func listAndStatus() throws {
    helper(shows: Sample.json("home"))
    #expect(try perform(ListRequest()).text.contains("home  1   not linked  172.27.12.34  203.0.113.2:51820"))
    #expect(try perform(StatusRequest()).text == "home  not linked\n")
    #expect(try perform(StatusRequest(name: "home")).text == "home  not linked\n")
    #expect(try perform(ListRequest(json: true)) == perform(StatusRequest(json: true)))
    folder.program("vpn-link", "echo []")
    #expect(try perform(ListRequest()) == Answer(text: "", notes: [ProfileFolder.noneYet]))
    #expect(try perform(ListRequest(json: true)).text == "[\n\n]\n")
  }

  @Test func unknownName() {
    #expect(refusal(StatusRequest(name: "hom")) == Failure("there is no VPN 'hom'; did you mean 'home'?"))
    #expect(refusal(LinkRequest(name: "paris")) == Failure("there is no VPN 'paris'; there is home"))
    #expect(refusal(DownRequest(name: "../home")) == Failure("there is no VPN '../home'; there is home"))
  }

  @Test func link() throws {
    helper(shows: Sample.json("home"))
    #expect(try perform(LinkRequest(name: "home", verbose: true)).text == "home is linked: try `vpnrun home -- COMMAND`\n")
    #expect(folder.log == ["link home -v"])
    helper(shows: Sample.json("home", endpoint: "vpn.example.net", linked: true))
    #expect(try perform(LinkRequest(name: "home")).text == "home is linked already\n")
    #expect(folder.log == ["link home -v", "link home"])
  }

  @Test func namesAreResolvedHere() throws {
    helper(shows: Sample.json("home", endpoint: "localhost"))
    _ = try perform(LinkRequest(name: "home"))
    #expect(["link home --resolved localhost=127.0.0.1", "link home --resolved localhost=::1"].contains(folder.log.first))
    helper(shows: Sample.json("home", endpoint: "no-such-host.invalid"))
    #expect(refusal(LinkRequest(name: "home"))?.lines.first?.hasPrefix("vpn: cannot resolve no-such-host.invalid: ") == true)
  }

  @Test func brokenProfileAndOwnSentences() {
    helper(shows: #"{"name":"home","error":"/etc/vpnrun/home.conf:1:1: no"}"#)
    #expect(refusal(LinkRequest(name: "home")) == Failure("/etc/vpnrun/home.conf:1:1: no"))
    helper(shows: Sample.json("home"), link: "exit 125")
    #expect(refusal(LinkRequest(name: "home")) == .alreadySaid)
    #expect(refusal(DownRequest(name: "home")) == .alreadySaid)
    helper(shows: Sample.json("home"), link: "kill -INT $$")
    #expect(refusal(LinkRequest(name: "home")) == .interrupted)
    helper(shows: Sample.json("home"), link: "kill -9 $$")
    #expect(refusal(LinkRequest(name: "home")) == Failure("\(folder.path)/vpn-link was ended by signal 9"))
  }

  @Test func missingHelper() { #expect(refusal(ListRequest())?.lines.first?.contains("vpn-link is missing: install vpnrun") == true) }

  // MARK: A kernel without WireGuard

  private let linkWithUserspace = "log \"$@\"; test -e $here/sockets/wg-home.sock || exit 4"

  @Test func unprivilegedIsTold() {
    helper(shows: Sample.json("home"), link: "exit 4")
    let failure = Failure("the kernel has no WireGuard; run `sudo vpn link home` once: it starts wireguard-go")
    #expect(refusal(LinkRequest(name: "home"), isRoot: false) == failure)
  }

  @Test func rootStartsUserspace() throws {
    helper(shows: Sample.json("home"), link: linkWithUserspace)
    folder.program("wireguard-go", "log wireguard-go \"$@\" in $PWD; touch $here/sockets/$1.sock")
    _ = try perform(LinkRequest(name: "home"))
    #expect(folder.log == ["link home", "wireguard-go wg-home in /", "link home"])
    #expect(folder.names(in: "sockets") == ["wg-home.sock"])
  }

  @Test func startedUserspaceIsRemovedOnFailure() {
    helper(shows: Sample.json("home"), link: "test -e $here/sockets/wg-home.sock && exit 125; exit 4")
    folder.program("wireguard-go", "touch $here/sockets/$1.sock")
    #expect(refusal(LinkRequest(name: "home")) == .alreadySaid)
    #expect(folder.names(in: "sockets") == [])
  }

  @Test func userspaceThatFailsOrIsMissing() {
    helper(shows: Sample.json("home"), link: "exit 4")
    #expect(refusal(LinkRequest(name: "home"))?.lines.first?.contains("run `sudo apt install wireguard-go`") == true)
    folder.program("wireguard-go", "echo warning; echo no TUN >&2; exit 1")
    #expect(refusal(LinkRequest(name: "home"))?.lines.first?.hasSuffix("cannot make wg-home: no TUN") == true)
  }

  @Test func down() throws {
    helper(shows: Sample.json("home"))
    #expect(try perform(DownRequest(name: "home")).text == "home was not linked\n")
    folder.write("netns/vpn-home", "")
    folder.write("netns/vpn-gone", "")
    #expect(try perform(DownRequest(name: "home", force: true)).text == "home is no longer linked\n")
    #expect(try perform(DownRequest(name: "gone")).text == "gone is no longer linked\n")
    #expect(folder.log == ["down home", "down home --force", "down gone"])
  }
}
