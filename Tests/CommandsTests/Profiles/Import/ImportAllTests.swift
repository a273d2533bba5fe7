import LinuxSystem
import NetworkModel
import Testing

@testable import Commands

/// `vpn import` of many files at once.
@Suite(.serialized) struct ImportAllTests {
  let folder = TestFolder()

  init() { folder.makeFolder("files/sub") }

  private func take(_ path: String, force: Bool = false) throws -> Answer {
    try ImportAllRequest(path: "\(folder.path)/\(path)", force: force).perform(on: folder.installation, style: .plain)
  }

  private func file(_ name: String, _ n: Int, more: String = "") {
    folder.write("files/\(name)", TestFolder.providersFile(address: "172.27.\(n).34/32").replacing("[Peer]", with: more + "[Peer]"))
  }

  @Test func ofAFolder() throws {
    file("a.conf", 1, more: "PostUp = true\nPostUp = false\n")
    file("b.CONF", 2)
    file("c.conf", 1)
    file("._d.conf", 4)
    file("sub/e.conf", 5)
    folder.write("files/f.conf", "[Interface]\nAdress = 1\n")
    folder.write("files/notes.txt", "")
    file("long-name-first.conf", 6)
    file("long-name-second.conf", 7)
    let answer = try take("files")
    #expect(
      answer.text == """
        a            ID 1  imported, without its PostUp
        b            ID 2  imported
        c            ID 3  imported
        long-first   ID 4  imported, from long-name-first.conf
        long-second  ID 5  imported, from long-name-second.conf
        5 imported, 1 refused

        """)
    let lines = answer.failure?.lines ?? []
    let place = "\(folder.path)/files"
    #expect(answer.notes.count == 1 && answer.notes[0].hasPrefix("'a' has the same address (172.27.1.34): "))
    #expect(lines.contains { $0.hasPrefix("\(place)/f.conf:2:1: unknown key Adress") })
    #expect(folder.names(in: "etc") == ["a.conf", "b.conf", "c.conf", "long-first.conf", "long-second.conf"])
    #expect(try take("files").text.hasSuffix("5 unchanged, 1 refused\n"))
  }

  @Test func again() throws {
    file("a.conf", 1)
    #expect(try take("files/") == Answer(text: "a  ID 1  imported\n1 imported\n"))
    #expect(try take("files") == Answer(text: "a  ID 1  is imported already\n1 unchanged\n"))
    file("a.conf", 2)
    #expect(try take("files").failure?.lines.first?.contains("there is a VPN 'a' already: --force replaces it") == true)
    #expect(try take("files", force: true) == Answer(text: "a  ID 1  replaced\n1 replaced\n"))
  }

  @Test func moreThanThereAreIDs() throws {
    for n in 1...52 { file("se-sto-wg-\(1000 + n).conf", n) }
    let answer = try take("files")
    #expect(answer.failure == nil && answer.text.hasSuffix("\n52 imported\n"))
    #expect(answer.text.contains("se-sto-1049  ID 49  imported, from se-sto-wg-1049.conf\n"))
    #expect(answer.text.contains("se-sto-1050  no ID  imported"))
    #expect(folder.names(in: "etc").count == 52)
    #expect(try take("files").text.hasSuffix("\n52 unchanged\n"))
  }

  @Test(arguments: ["all", "default", "lo"])
  func namesThatNoLinkCanHave(_ name: String) throws {
    file("\(name).conf", 1)
    let answer = try take("files")
    let reason = try #require(VPNName(name)?.isKernels)
    let sentence = "\(reason): choose another name with --name, like --name \(name)-vpn"
    #expect(answer.failure?.lines == ["vpn: \(folder.path)/files/\(name).conf: \(sentence)"])
    #expect(folder.names(in: "etc") == [])
  }

  @Test func nothingThere() {
    #expect(throws: Failure("there is no .conf, .nmconnection, .netdev or picture of a VPN in \(folder.path)/files")) { try take("files") }
    var installation = folder.installation
    installation.isRoot = false
    let failure = Failure("importing needs root: sudo vpn import x.zip")
    #expect(throws: failure) { try ImportAllRequest(path: "x.zip").perform(on: installation, style: .plain) }
  }

  @Test func ofAnArchive() throws {
    file("a.conf", 1)
    file("b.conf", 2)
    folder.program(
      "unzip",
      """
      case $1 in
        -Z1) printf '%s\\n' x/ x/a.conf 'x/[b] *.conf' __MACOSX/._a.conf big.conf readme.txt ;;
        -p) log "$3"; case $3 in big.conf) exec cat /dev/zero;; x/a.conf) cat $here/files/a.conf;; *) cat $here/files/b.conf;; esac ;;
      esac
      """)
    let answer = try take("Provider.ZIP")
    #expect(answer.text == "b  ID 1  imported, from [b] *.conf\na  ID 2  imported\n2 imported, 1 refused\n")
    #expect(answer.failure?.lines == ["vpn: \(folder.path)/Provider.ZIP/big.conf: cannot unpack it: File too large"])
    #expect(folder.log == ["big.conf", "x/[[]b] \\*.conf", "x/a.conf"])
  }

  @Test func archiveThatCannotBeRead() {
    folder.program("unzip", "exit 9")
    let zip = "\(folder.path)/x.zip"
    #expect(throws: Failure("cannot list \(zip): unzip failed; `unzip -t \(zip)` says why")) { try take("x.zip") }
  }

  @Test func manyThatAreRefused() throws {
    for n in 0..<300 { folder.write("files/bad\(n).conf", "[Interface]\nAdress = 1\n") }
    file("good.conf", 1)
    let answer = try take("files")
    #expect(answer.text.hasSuffix("1 imported, 300 refused\n"))
    #expect(try #require(answer.failure).lines.count < 100)
    #expect(answer.failure?.lines.last == "vpn: 290 more are refused as well: import one of them by itself to see why")
  }

  @Test func withoutUnzip() {
    let failure = Failure("unzip is not installed: run `sudo apt install unzip`, or unpack \(folder.path)/x.zip and import the folder")
    #expect(throws: failure) { try take("x.zip") }
  }

  @Test(arguments: [("a.conf", "a.conf"), ("-x.conf", "[-]x.conf"), ("a*?\\[].conf", "a\\*\\?\\\\[[]].conf")])
  func pattern(_ member: String, _ expected: String) { #expect(ZipArchive.pattern(member) == expected) }
}
