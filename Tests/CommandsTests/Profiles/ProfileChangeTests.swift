import LinuxSystem
import NetworkModel
import Profile
import Testing

@testable import Commands
@testable import HelperWire

/// What is done to a profile that is there: show, remove, rename, export.
@Suite(.serialized) struct ProfileChangeTests {
  let folder = TestFolder()
  private static let key = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="

  init() {
    folder.profile("home", id: 1)
    folder.profile("work", id: 2)
  }

  private func perform(_ request: some CommandRequest, isRoot: Bool = true) throws -> Answer {
    var installation = folder.installation
    installation.isRoot = isRoot
    return try request.perform(on: installation, style: .plain)
  }

  private func refusal(_ request: some CommandRequest, isRoot: Bool = true) -> String {
    let before = folder.names(in: "etc")
    let failure = #expect(throws: Failure.self) { try perform(request, isRoot: isRoot) }
    #expect(folder.names(in: "etc") == before, "nothing is changed")
    #expect(failure?.status == .failure)
    return failure?.lines.joined(separator: "\n") ?? ""
  }

  private static let head = "# The tables of the VPNs in /etc/vpnrun; written by `vpn import`.\n"

  @Test func onlyRoot() throws {
    let new = try #require(VPNName("new"))
    #expect(refusal(RemoveRequest(name: "home"), isRoot: false) == "vpn: removing a VPN needs root: sudo vpn remove home")
    #expect(refusal(RenameRequest(name: "home", new: new), isRoot: false) == "vpn: renaming a VPN needs root: sudo vpn rename home new")
    #expect(refusal(ExportRequest(name: "home"), isRoot: false) == "vpn: exporting a VPN needs root: sudo vpn export home")
    #expect(
      refusal(ShowRequest(name: "home", secrets: true), isRoot: false) == "vpn: showing keys needs root: sudo vpn show home --secrets")
    #expect(refusal(EditRequest(name: "home", editor: ["true"]), isRoot: false) == "vpn: editing a VPN needs root: sudo vpn edit home")
    #expect(refusal(NewRequest(name: new), isRoot: false) == "vpn: making a VPN needs root: sudo vpn new new")
  }

  @Test func unknownNames() throws {
    let new = try #require(VPNName("new"))
    for request in [
      ShowRequest(name: "hom"), RemoveRequest(name: "hom"), RenameRequest(name: "hom", new: new), ExportRequest(name: "hom"),
      EditRequest(name: "hom", editor: ["true"]),
    ] as [any CommandRequest] {
      #expect(refusal(request) == "vpn: there is no VPN 'hom'; did you mean 'home'?")
    }
  }

  // MARK: show

  @Test func show() throws {
    let shown = try perform(ShowRequest(name: "home")).text
    #expect(shown.contains("PrivateKey = (hidden)\nAddress = 172.27.1.34/32\n"))
    #expect(shown.contains("PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\n"))
    #expect(!shown.contains(Self.key))
    #expect(try perform(ShowRequest(name: "home", secrets: true)).text == folder.text(of: "etc/home.conf"))
  }

  @Test func showABrokenOne() throws {
    folder.write("etc/home.conf", "[Interface]\nPrivatKey = \(Self.key)\n")
    let answer = try perform(ShowRequest(name: "home"))
    #expect(answer.text == "[Interface]\n(hidden)\n")
    #expect(answer.notes.first == "it cannot be used as it is:")
    #expect(answer.notes.contains { $0.hasPrefix("\(folder.path)/etc/home.conf:2:1: unknown key PrivatKey") })
  }

  @Test func showWithoutRoot() throws {
    folder.program("vpn-link", "echo '[\(Sample.json("home"))]'")
    let answer = try perform(ShowRequest(name: "home"), isRoot: false)
    #expect(
      answer.text == """
        home
          ID        1
          address   172.27.12.34/32
          commands  10.20.1.0/24
          DNS       172.27.12.1
          endpoint  203.0.113.2:51820
          takes     everything

        """)
    #expect(answer.notes == ["only root may read the file itself: sudo vpn show home"])
  }

  // MARK: remove

  @Test func remove() throws {
    #expect(try perform(RemoveRequest(name: "home")).text == "home is removed\n")
    #expect(folder.names(in: "etc") == ["work.conf"])
    #expect(folder.text(of: "tables/vpnrun.conf") == Self.head + "2\twork\n")
    folder.write("etc/work.conf", "nonsense")
    _ = try perform(RemoveRequest(name: "work"))
    #expect(folder.names(in: "etc") == [])
  }

  @Test func removeWhileLinked() throws {
    folder.write("netns/vpn-home", "")
    let said = "vpn: home is linked: `vpn unlink home` first; --force removes its profile all the same"
    #expect(refusal(RemoveRequest(name: "home")) == said)
    #expect(try perform(RemoveRequest(name: "home", force: true)).text == "home is removed; it stays linked until `vpn unlink home`\n")
  }

  @Test("What is waited for keeps its name, with a profile that can be used or not") func whileBlocked() throws {
    for report in [
      Sample.json("home").replacing("\"blocked\":false", with: "\"blocked\":true"),
      Report.wire([.unreadable(name: "home", error: "home.conf:1:1: wrong", blocked: true)]),
    ] {
      folder.program("vpn-link", "cat <<'END'\n\(report.hasPrefix("[") ? report : "[\(report)]")\nEND")
      let said = "vpn: nothing leaves this machine until home is up: `vpn down home` first"
      #expect(refusal(RemoveRequest(name: "home")) == said)
      #expect(refusal(RemoveRequest(name: "home", force: true)) == said)
      #expect(try refusal(rename("paris")) == said)
      #expect(try perform(RenameRequest(name: "work", new: #require(VPNName("other")))).text == "work is now other\n")
      _ = try perform(RenameRequest(name: "other", new: #require(VPNName("work"))))
    }
  }

  // MARK: rename

  private func rename(_ new: String) throws -> RenameRequest { RenameRequest(name: "home", new: try #require(VPNName(new))) }

  @Test func rename() throws {
    let content = folder.text(of: "etc/home.conf")
    #expect(try perform(rename("paris")).text == "home is now paris\n")
    #expect(folder.names(in: "etc") == ["paris.conf", "work.conf"])
    #expect(folder.text(of: "etc/paris.conf") == content)
    #expect(folder.text(of: "tables/vpnrun.conf") == Self.head + "1\tparis\n2\twork\n")
    #expect(try perform(RenameRequest(name: "paris", new: #require(VPNName("paris")))).text == "paris has that name already\n")
    #expect(try perform(RenameRequest(name: "paris", new: #require(VPNName("Paris")))).text == "paris is now Paris\n")
  }

  @Test func renameToATakenName() throws {
    #expect(try refusal(rename("work")) == "vpn: there is a VPN 'work' already: choose another name")
    folder.write("links/eth0", "")
    #expect(try refusal(rename("eth0")) == "vpn: this machine has a network link 'eth0' already: choose another name")
    folder.write("netns/vpn-old", "")
    #expect(try refusal(rename("old")) == "vpn: a VPN 'old' that was removed is still linked: `vpn unlink old` first")
    folder.write("etc/half.conf.new", "")
    #expect(try refusal(rename("half")) == "vpn: there is a draft of 'half' already: choose another name")
    folder.write("netns/vpn-home", "")
    #expect(try refusal(rename("paris")) == "vpn: home is linked: `vpn unlink home` first")
  }

  // MARK: export

  @Test func export() throws {
    let file = "\(folder.path)/out.conf"
    #expect(try perform(ExportRequest(name: "home", file: file)).text == "home exported to \(file)\n")
    #expect(folder.mode(of: "out.conf") == 0o600)
    let text = try #require(folder.text(of: "out.conf"))
    #expect(text.hasPrefix("[Interface]\nPrivateKey = \(Self.key)\n") && !text.contains("VPN"))
    #expect(try perform(ExportRequest(name: "home", file: "-")).text == text)
    _ = try Profile.parse(Array(text.utf8))
    #expect(refusal(ExportRequest(name: "work", file: file)) == "vpn: \(file) is there already: --force replaces it")
    #expect(folder.text(of: "out.conf") == text)
    _ = try perform(ExportRequest(name: "work", file: file, force: true))
    #expect(folder.text(of: "out.conf")?.contains("172.27.2.34") == true)
  }

  @Test func exportToAFolder() throws {
    folder.makeFolder("out")
    #expect(try perform(ExportRequest(name: "home", file: "\(folder.path)/out")).text == "home exported to \(folder.path)/out/home.conf\n")
    #expect(folder.names(in: "out") == ["home.conf"])
    let nowhere = "\(folder.path)/nowhere/x.conf"
    #expect(refusal(ExportRequest(name: "home", file: nowhere)).hasPrefix("vpn: cannot write \(nowhere): "))
    #expect(refusal(ExportRequest(name: "home", file: "/dev/null", force: true)) == "vpn: /dev/null is there already, and is no plain file")
  }

  @Test func exportABrokenOne() {
    folder.write("etc/home.conf", "[Interface]\nPrivatKey = \(Self.key)\n")
    let said = refusal(ExportRequest(name: "home", file: "-"))
    #expect(said.contains("\(folder.path)/etc/home.conf:2:1: unknown key PrivatKey") && !said.contains(Self.key))
  }
}

extension TestFolder {
  /// A good profile of its own address, as `vpn import` would have written it.
  func profile(_ name: String, id: Int) {
    write("etc/\(name).conf", "[VPN]\nID = \(id)\n\n" + Self.providersFile(address: "172.27.\(id).34/32"))
  }

  static func providersFile(address: String) -> String {
    """
    [Interface]
    PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
    Address = \(address)

    [Peer]
    PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
    AllowedIPs = 0.0.0.0/0
    Endpoint = vpn.example.net:51820

    """
  }
}
