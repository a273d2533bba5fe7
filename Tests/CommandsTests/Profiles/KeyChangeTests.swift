import LinuxSystem
import NetworkModel
import Profile
import Testing

@testable import Commands
@testable import HelperWire

/// `vpn edit NAME KEY=VALUE …`, users' and groups' names, and files with keys in them.
@Suite(.serialized) struct KeyChangeTests {
  let folder = TestFolder()
  private static let key = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="

  init() {
    folder.profile("home", id: 1)
    folder.profile("work", id: 2)
    folder.write("passwd", "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n")
    folder.write("group", "net:x:27:\n")
  }

  private func set(_ words: String..., in name: String = "home") throws -> Answer {
    var installation = folder.installation
    installation.passwd = "\(folder.path)/passwd"
    installation.group = "\(folder.path)/group"
    let changes = try KeyChange.read(words)
    return try EditRequest(name: name, editor: ["false"], changes: changes).perform(on: installation, style: .plain)
  }

  private func setting(_ word: String, in text: String) throws -> String {
    String(decoding: try ProfileSource.setting(KeyChange.read([word]), in: Array(text.utf8)), as: UTF8.self)
  }

  @Test("A new [VPN] takes in no line that stands before the first section") func looseLines() throws {
    let failure = #expect(throws: Failure.self) { try setting("ID=7", in: "# mine\nDNS = 192.0.2.1\n[Interface]\n") }
    #expect(failure?.sentence == "line 2 stands before the first section: `vpn edit NAME` opens an editor")
    #expect(try setting("ID=7", in: "# mine\n[Interface]\n") == "[VPN]\nID = 7\n\n# mine\n[Interface]\n")
  }

  @Test("Blanks around a value are none of it: set twice is the same as once") func blanks() throws {
    let once = try setting("MTU= \t1400 ", in: "[Interface]\n")
    #expect(once == "[Interface]\nMTU = 1400\n")
    #expect(try setting("MTU= 1400\t ", in: once) == once)
  }

  private func profile() throws -> Profile { try Profile.parse(Array(try #require(folder.text(of: "etc/home.conf")).utf8)) }

  @Test func keysOfSeveralSections() throws {
    #expect(
      try set("autostart=up", "AllowUsers=alice, 1001", "MTU=1380", "DNS=9.9.9.9", "PersistentKeepalive=25")
        == Answer(text: "home is changed\n"))
    let changed = try profile()
    #expect(changed.autostart == .up && changed.users.map(\.description) == ["alice", "1001"] && changed.mtu == 1380)
    #expect(changed.dns == [IPAddress("9.9.9.9")!] && changed.peers[0].persistentKeepalive == 25 && changed.id == 1)
    #expect(try set("Autostart=", "allowusers=", "MTU=", "DNS=", "PersistentKeepalive=").text == "home is changed\n")
    #expect(folder.text(of: "etc/home.conf")?.contains("AllowUsers") == false)
    #expect(try profile().users.isEmpty && profile().autostart == .no && profile().dns.isEmpty)
    #expect(try set("Autostart=").text == "nothing changed\n")
    #expect(folder.mode(of: "etc/home.conf") == 0o600)
  }

  @Test("Lines, comments and order stay") func lines() throws {
    let file = "# top\n[Interface]\nDNS = 10.0.0.1\n# end\n\n[Peer]\n[vpn] # ours\nID=1\nAllowUsers=a # who\nAllowUsers = b\n\n# last\n"
    #expect(
      try setting("AllowUsers=c", in: file)
        == file.replacing("AllowUsers=a #", with: "AllowUsers=c #").replacing("AllowUsers = b\n", with: ""))
    #expect(try setting("DNS=1.1.1.1", in: file) == file.replacing("AllowUsers = b\n", with: "AllowUsers = b\nDNS = 1.1.1.1\n"))
    #expect(try setting("MTU=1400", in: file) == file.replacing("10.0.0.1\n", with: "10.0.0.1\nMTU = 1400\n"))
    #expect(try setting("Autostart=up", in: "[Interface]\r\nMTU =# x") == "[VPN]\nAutostart = up\n\n[Interface]\nMTU =# x\n")
    #expect(try setting("MTU=1400", in: "[Interface]\nMTU =# x") == "[Interface]\nMTU = 1400# x\n")
    #expect(throws: Failure.self) { try setting("Endpoint=a.example:1", in: file + "[Peer]\n") }
    #expect(throws: Failure.self) { try setting("MTU=1400", in: "[VPN]\n") }
  }

  @Test("What is wrong is said, and nothing is changed") func wrong() throws {
    let before = folder.text(of: "etc/home.conf")
    func refusal(_ words: String...) -> Failure? {
      #expect(throws: Failure.self) { for word in words { _ = try set(word) } }
    }
    #expect(refusal("Autostart=yes")?.lines[0].contains(":3:13: Autostart = yes: write no, link or up") == true)
    #expect(refusal("ID=2")?.lines[0].hasPrefix("vpn: ID 2 is that of 'work'") == true)
    #expect(refusal("AllowUsers=zoe")?.lines[0].hasPrefix("vpn: AllowUsers = zoe: there is no such user in") == true)
    #expect(refusal("Autostrat=up") == Failure("no key 'Autostrat' can be set; did you mean Autostart?", status: .usage))
    #expect(refusal("PostUp=true") == Failure("no key 'PostUp' can be set; vpnrun.conf(5) lists them", status: .usage))
    #expect(refusal("Autostart") == Failure("'Autostart' has no =: write KEY=VALUE, or KEY= to remove it", status: .usage))
    for word in ["MTU=1400\nPostUp=x", "DNS=9.9.9.9 # x", "MTU=\u{1b}[2J", "PrivateKey=\(Self.key)", "PresharedKey=x"] {
      let failure = refusal(word)
      #expect(failure?.status == .usage && failure?.lines.joined().contains(Self.key) == false)
    }
    #expect(throws: Failure.self) { try KeyChange.read(["DNS=9.9.9.9", "dns=1.1.1.1"]) }
    #expect(folder.text(of: "etc/home.conf") == before)
  }

  @Test("Every key that can be set is a key") func names() {
    #expect(KeyChange.names.contains("Autostart=") && KeyChange.names.contains("PrivateKeyFile="))
    #expect(Set(KeyChange.names).count == KeyChange.names.count)
    #expect(!KeyChange.names.contains("PrivateKey=") && !KeyChange.names.contains("PostUp="))
  }

  // MARK: Files with keys

  @Test func keyFile() throws {
    let path = folder.write("home.key", Self.key + "\n")
    #expect(try set("PrivateKey=", "PrivateKeyFile=\(path)") == Answer(text: "home is changed\n"))
    #expect(try profile().privateKeyFile?.path == path)
    let shown = try ShowRequest(name: "home").perform(on: folder.installation, style: .plain).text
    #expect(shown.contains("\nPrivateKeyFile = \(path)\n") && !shown.contains(Self.key))
    let exported = try ExportRequest(name: "home", file: "-").perform(on: folder.installation, style: .plain).text
    #expect(exported.contains("\nPrivateKey = \(Self.key)\n") && !exported.contains("File"))
  }

  @Test func keyFileThatIsMissingOrOpen() throws {
    let path = folder.path + "/home.key"
    #expect(
      try set("PrivateKey=", "PrivateKeyFile=\(path)").notes == [
        "PrivateKeyFile \(path): there is no such file; without it the VPN cannot be linked"
      ])
    let missing = #expect(throws: Failure.self) {
      try ExportRequest(name: "home", file: "-").perform(on: folder.installation, style: .plain)
    }
    #expect(missing == Failure("PrivateKeyFile \(path): there is no such file"))
    for content in ["", Self.key + "\n\n", Self.key + Self.key, "# key\n" + Self.key, String(repeating: "x", count: 100_000)] {
      folder.write("home.key", content)
      #expect(try set("MTU=1400").notes.count == 1)
      _ = try set("MTU=")
    }
    folder.write("home.key", Self.key, executable: true)
    #expect(try set("MTU=1400").notes == [])
  }

  // MARK: autostart

  @Test func autostart() throws {
    for name in ["a", "b", "c", "d"] { folder.write("etc/\(name).conf", "") }
    let all = [
      Sample.json("d", id: 9, autostart: "up"), Sample.json("a", autostart: "link"), Sample.json("b", id: 2),
      Sample.json("c", id: 3, autostart: "up"), #"{"name":"x","error":"/etc/vpnrun/x.conf:1:1: no"}"#,
    ]
    folder.program(
      "vpn-link", "case $1 in show) echo '[\(all.joined(separator: ","))]';; *) log \"$@\"; [ $2 != c ] || exit 125; echo $2 is $1;; esac")
    let answer = try AutostartRequest().perform(on: folder.installation, style: .plain)
    #expect(folder.log == ["link a", "ways", "up c", "up d"])
    #expect(answer.text == "a is link\na is linked: try `vpnrun a -- COMMAND`\nd is up\n")
    #expect(answer.failure == Failure("/etc/vpnrun/x.conf:1:1: no"))
    folder.program("vpn-link", "echo '[\(Sample.json("b"))]'")
    #expect(try AutostartRequest().perform(on: folder.installation, style: .plain) == Answer(text: "no VPN has Autostart = link or up\n"))
  }
}
