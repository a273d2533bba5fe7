import LinuxSystem
import NetworkModel
import Profile
import Testing

@testable import Commands

/// `vpn edit` with editors of a line of sh, and `vpn new`, whose drafts it completes.
@Suite(.serialized) struct EditTests {
  let folder = TestFolder()

  init() {
    folder.profile("home", id: 1)
    folder.profile("work", id: 2)
  }

  private func edit(_ script: String, of name: String = "home", asksAgain: (() -> Bool)? = nil) throws -> Answer {
    folder.program("editor", script)
    let request = EditRequest(name: name, editor: ["\(folder.path)/editor", "-x"], asksAgain: asksAgain)
    let answer = Result { try request.perform(on: folder.installation, style: .plain) }
    #expect(folder.names(in: "scratch") == [], "the copy is gone")
    return try answer.get()
  }

  private func refusal(_ script: String, of name: String = "home") -> [String] {
    let before = folder.text(of: "etc/\(name).conf")
    let failure = #expect(throws: Failure.self) { try edit(script, of: name) }
    #expect(folder.text(of: "etc/\(name).conf") == before)
    return failure?.lines ?? []
  }

  @Test func good() throws {
    let answer = try edit("log \"$1\" $(stat -c %a $2) $(stat -c %a ${2%/*}) ${2##*/}; touch $2~; sed -i s/1.34/1.35/ $2")
    #expect(answer == Answer(text: "home is changed\n"))
    #expect(folder.log == ["-x 600 700 home.conf"])
    #expect(folder.text(of: "etc/home.conf")?.contains("172.27.1.35/32") == true)
    #expect(folder.mode(of: "etc/home.conf") == 0o600)
    folder.write("netns/vpn-home", "")
    let linked = try edit("sed -i s/1.35/1.36/ $2").text
    #expect(linked == "home is changed\nIt is linked as it was before. To use the new one: vpn reload home\n")
  }

  @Test func nothing() throws {
    let before = folder.text(of: "etc/home.conf")
    #expect(try edit("touch $2").text == "nothing changed\n")
    #expect(refusal("sed -i s/1.34/1.35/ $2; exit 1") == ["vpn: \(folder.path)/editor failed; nothing is changed"])
    #expect(refusal("rm $2").first?.hasPrefix("vpn: cannot read what was edited: ") == true)
    #expect(folder.text(of: "etc/home.conf") == before)
  }

  @Test func wrong() {
    let file = "\(folder.path)/etc/home.conf"
    let typo = refusal("sed -i s/Address/Adress/ $2")
    #expect(typo.contains { $0.hasPrefix("\(file):6:1: unknown key Adress; did you mean Address?") })
    #expect(typo.last == "vpn: nothing is changed")
    #expect(refusal("sed -i 's/^ID = 1/ID = 2/' $2").first?.hasPrefix("vpn: ID 2 is that of 'work'") == true)
  }

  @Test func addressOfAnotherVPN() throws {
    let notes = try edit("sed -i s/1.34/2.34/ $2").notes
    #expect(notes.count == 1 && notes[0].hasPrefix("'work' has the same address (172.27.2.34): "))
  }

  @Test func changedByAnother() throws {
    folder.program("editor", "echo '# theirs' >>$here/etc/home.conf; echo '# mine' >>$1")
    let failure = #expect(throws: Failure.self) {
      try EditRequest(name: "home", editor: ["\(folder.path)/editor"]).perform(on: folder.installation, style: .plain)
    }
    #expect(failure?.lines.first == "vpn: \(folder.path)/etc/home.conf was changed by another program in the meantime")
    #expect(folder.text(of: "etc/home.conf")?.hasSuffix("# theirs\n") == true)
  }

  @Test func again() throws {
    // Wrong first, and right when it is asked for again.
    let script =
      "if [ -e $here/second ]; then sed -i s/Adress/Address/ $2; else touch $here/second; sed -i 's/1.34/1.35/; s/Address/Adress/' $2; fi"
    #expect(try edit(script) { true }.text == "home is changed\n")
    let before = folder.text(of: "etc/home.conf")
    #expect(try edit("sed -i s/Address/Adress/ $2") { false }.text == "nothing changed\n")
    #expect(folder.text(of: "etc/home.conf") == before)
  }

  @Test func idStaysAndHooksGo() throws {
    let answer = try edit("sed -i 's/^ID = 1$//; s/^Address.*/&\\nPostUp = true/' $2")
    #expect(answer.text.hasPrefix("Left out, and never run:\n  PostUp = true\n") && answer.text.hasSuffix("home is changed\n"))
    let profile = try Profile.parse(Array(try #require(folder.text(of: "etc/home.conf")).utf8))
    #expect(profile.id == 1 && profile.hooks.isEmpty)
    #expect(try edit("sed -i 's/^Address.*/&\\nPostUp = true/' $2").text.hasSuffix("nothing changed\n"))
  }

  @Test func brokenOneIsMended() throws {
    folder.write("etc/home.conf", "nonsense")
    folder.write("good", TestFolder.providersFile(address: "172.27.9.34/32"))
    _ = try edit("cp $here/good $2")
    #expect(try Profile.parse(Array(try #require(folder.text(of: "etc/home.conf")).utf8)).id == 1)
  }

  @Test func noEditor() {
    let failure = #expect(throws: Failure.self) {
      try EditRequest(name: "home", editor: ["\(folder.path)/vi"]).perform(on: folder.installation, style: .plain)
    }
    #expect(failure == Failure("there is no editor '\(folder.path)/vi': name one, as in `sudo EDITOR=nano vpn edit NAME`"))
  }

  // MARK: new

  private static let key = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
  private static let publicKey = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="

  private func new(_ name: String = "paris", id: UInt8? = nil, addresses: [String] = []) throws -> Answer {
    folder.program(
      "wg", "log \"$@\"; case $1 in genkey) echo \(Self.key);; pubkey) read key; [ $key = \(Self.key) ] && echo \(Self.publicKey);; esac")
    return try NewRequest(name: try #require(VPNName(name)), id: id, addresses: addresses).perform(on: folder.installation, style: .plain)
  }

  @Test func newThenEdit() throws {
    let answer = try new(id: 9)
    #expect(
      answer.text == """
        paris begun: \(folder.path)/etc/paris.conf.new
          public key  \(Self.publicKey)
        Give this key to the server's administrator, and complete the draft with what you get for it: sudo vpn edit paris

        """)
    #expect(folder.mode(of: "etc/paris.conf.new") == 0o600)
    #expect(folder.installation.profiles.names().map(\.description) == ["home", "work"])
    #expect(try new().text == answer.text.replacing("begun:", with: "was begun already:"))
    #expect(folder.log == ["genkey", "pubkey", "pubkey"])

    #expect(refusal("echo >>$2", of: "paris").last == "vpn: nothing is changed")
    #expect(folder.names(in: "etc") == ["home.conf", "paris.conf.new", "work.conf"])
    let fill = "s/^Address =/& 10.0.0.7/; s/^PublicKey =/& WErxXqbPTEDHLHWhCaeHY4MRK6a5IcrPbm3QrSEe9DQ=/; s/^Endpoint =/& 192.0.2.1:51820/"
    #expect(try edit("sed -i '\(fill)' $2", of: "paris").text == "paris is complete, with ID 9\nNext: vpnrun paris -- COMMAND\n")
    #expect(folder.names(in: "etc") == ["home.conf", "paris.conf", "work.conf"])
    #expect(folder.mode(of: "etc/paris.conf") == 0o600)
    #expect(throws: Failure("there is a VPN 'paris' already: choose another name")) { try new() }
  }

  @Test func newWithAddresses() throws {
    _ = try new(addresses: ["10.0.0.2/32", "fd00::2"])
    #expect(folder.text(of: "etc/paris.conf.new")?.contains("\nAddress = 10.0.0.2/32, fd00::2\n") == true)
    #expect(throws: Failure.self) { try new(addresses: ["10.0.0.3"]) }
    let removed = try RemoveRequest(name: "paris").perform(on: folder.installation, style: .plain)
    #expect(removed.text == "the draft of paris is removed\n")
    #expect(folder.names(in: "etc") == ["home.conf", "work.conf"])
    #expect(throws: Failure("ID 2 is that of 'work': choose another with --id, or leave it out")) { try new(id: 2) }
  }

  @Test func newWithoutTool() throws {
    let name = try #require(VPNName("paris"))
    let failure = Failure("wg makes the keys, and is not installed: run `sudo apt install wireguard-tools`")
    #expect(throws: failure) { try NewRequest(name: name).perform(on: folder.installation, style: .plain) }
    folder.program("wg", "echo no")
    #expect(throws: Failure("`wg genkey` gives no key")) { try NewRequest(name: name).perform(on: folder.installation, style: .plain) }
    #expect(folder.names(in: "etc") == ["home.conf", "work.conf"])
  }
}
