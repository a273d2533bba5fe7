import FoundationEssentials
import LinuxSystem
import NetworkModel
import NetworkPlan
import Profile
import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct ImportTests {
  let folder = TestFolder()

  private func file(
    _ name: String = "home.conf", address: String = "172.27.12.34/32", dns: Bool = true, more: String = "", vpn: String = ""
  ) -> String {
    folder.write(
      name,
      """
      \(vpn)[Interface]
      PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
      Address = \(address)
      \(dns ? "DNS = 172.27.12.1\n" : "")\(more)
      [Peer]
      PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
      AllowedIPs = 0.0.0.0/0
      Endpoint = vpn.example.net:51820

      """)
  }

  private func take(_ request: ImportRequest) throws -> Answer { try request.perform(on: folder.installation, style: .plain) }

  private func refusal(_ request: ImportRequest) -> String {
    let before = folder.names(in: "etc")
    let failure = #expect(throws: Failure.self) { try take(request) }
    #expect(folder.names(in: "etc") == before, "nothing is written")
    #expect(failure?.status == .failure)
    return failure?.lines.joined(separator: "\n") ?? ""
  }

  private func id(of name: String) throws -> UInt8? { try Profile.parse(Array(try #require(folder.text(of: "etc/\(name).conf")).utf8)).id }

  @Test func good() throws {
    let answer = try take(ImportRequest(file: file()))
    #expect(
      answer.text == """
        home imported to \(folder.path)/etc/home.conf
          ID       1
          address  172.27.12.34
        Next: vpnrun home -- COMMAND

        """)
    #expect(folder.names(in: "etc") == ["home.conf"])
    #expect(folder.mode(of: "etc/home.conf") == 0o600)
    #expect(try id(of: "home") == 1)
  }

  @Test("ip(8) learns names for the tables, but none that mean something to it") func tableNames() throws {
    for (n, name) in ["home", "main", "7", "0x1", "work"].enumerated() {
      let request = ImportRequest(file: file(address: "172.27.\(n).34/32", dns: false), name: VPNName(name), id: UInt8(9 - n))
      _ = try take(request)
    }
    let head = "# The tables of the VPNs in /etc/vpnrun; written by `vpn import`.\n"
    #expect(folder.text(of: "tables/vpnrun.conf") == head + "5\twork\n9\thome\n")
    #expect(folder.mode(of: "tables/vpnrun.conf") == 0o644)
    _ = try take(ImportRequest(file: file(address: "172.27.9.34/32", dns: false, more: "Table = 300"), name: VPNName("own"), id: 4))
    #expect(folder.text(of: "tables/vpnrun.conf") == head + "5\twork\n9\thome\n300\town\n")
  }

  @Test func hooksAreShownAndLeftOut() throws {
    let hooks = "PostUp = iptables -I OUTPUT ! -o %i -j REJECT\nPreDown = iptables -D OUTPUT ! -o %i -j REJECT"
    let answer = try take(ImportRequest(file: file(dns: false, more: hooks)))
    #expect(
      answer.text == """
        home imported to \(folder.path)/etc/home.conf
          ID       1
          address  172.27.12.34
        Left out, and never run:
          PostUp = iptables -I OUTPUT ! -o %i -j REJECT
          PreDown = iptables -D OUTPUT ! -o %i -j REJECT
          Nothing is lost: a command in a VPN has no way out but the tunnel, and needs no kill-switch rules.
        It has no DNS: commands have no resolver of the VPN's.
        Next: vpnrun home -- COMMAND

        """)
    #expect(folder.text(of: "etc/home.conf")?.contains("iptables") == false)
  }

  @Test func everyErrorWithItsPlace() {
    let bad = folder.write("bad.conf", "[Interface]\nPrivateKey = x\nAdress = 1.2.3.4\n")
    let lines = refusal(ImportRequest(file: bad)).split(separator: "\n")
    #expect(lines.count >= 3)
    #expect(lines.allSatisfy { $0.hasPrefix(bad + ":") || $0.hasPrefix("    ") })
    #expect(lines.contains("    PrivateKey = …") && lines.contains("                 ^") && lines.contains("    Adress = 1.2.3.4"))
    #expect(lines.contains { $0.hasPrefix("\(bad):3:1: unknown key Adress; did you mean Address?") })
  }

  @Test func twiceIsOnce() throws {
    let home = file(more: "PostUp = true")
    _ = try take(ImportRequest(file: home))
    let before = folder.text(of: "etc/home.conf")
    #expect(try take(ImportRequest(file: home)).text == "home is imported already; nothing changed\n")
    #expect(try take(ImportRequest(file: home, force: true)).text == "home is imported already; nothing changed\n")
    #expect(folder.text(of: "etc/home.conf") == before)
  }

  @Test func replacingNeedsForceAndKeepsTheID() throws {
    _ = try take(ImportRequest(file: file(), id: 7))
    let changed = file(address: "172.27.12.35/32")
    #expect(refusal(ImportRequest(file: changed)).contains("there is a VPN 'home' already: --force replaces it"))
    folder.write("netns/vpn-home", "")
    let answer = try take(ImportRequest(file: changed, force: true))
    #expect(answer.text.hasPrefix("home replaced in "))
    #expect(answer.text.hasSuffix("It is linked as it was before. To use the new one: vpn reload home\n"))
    #expect(try id(of: "home") == 7)
  }

  @Test func lowestFreeID() throws {
    _ = try take(ImportRequest(file: file(), id: 1))
    _ = try take(ImportRequest(file: file("work.conf", address: "172.27.13.34/32"), id: 3))
    _ = try take(ImportRequest(file: file("lab.conf", address: "172.27.14.34/32")))
    #expect(try id(of: "lab") == 2)
    _ = try take(ImportRequest(file: file("own.conf", address: "172.27.15.34/32", vpn: "[VPN]\nID = 9\n")))
    #expect(try id(of: "own") == 9)
  }

  @Test func idWhoseNetworkHoldsTheAddressIsPassedOver() throws {
    _ = try take(ImportRequest(file: file(address: "10.20.1.5/32")))
    #expect(try id(of: "home") == 2)
    _ = try take(ImportRequest(file: file("c.conf", address: "172.27.13.34/32", more: "DNS = 10.20.1.1")))
    #expect(try id(of: "c") == 3, "its resolver is there")
    let asked = refusal(ImportRequest(file: file("b.conf", address: "10.20.4.5/32"), id: 4))
    #expect(asked.contains("10.20.4.0/24 has the VPN's own address 10.20.4.5"))
  }

  @Test func takenID() throws {
    _ = try take(ImportRequest(file: file()))
    #expect(refusal(ImportRequest(file: file("work.conf", address: "172.27.13.34/32"), id: 1)).contains("ID 1 is that of 'home'"))
  }

  @Test func overlaps() throws {
    _ = try take(ImportRequest(file: file()))
    let inside = file("work.conf", address: "10.20.1.77/32")
    #expect(refusal(ImportRequest(file: inside)).contains("address 10.20.1.77 is in the network of 'home''s commands, 10.20.1.0/24"))
    let subnet = file("work.conf", address: "172.27.13.34/32", dns: false, vpn: "[VPN]\nSubnet = 172.27.12.0/24\n")
    #expect(refusal(ImportRequest(file: subnet)).contains("network 172.27.12.0/24 overlaps address 172.27.12.34 of 'home'"))
    let same = file("work.conf", address: "172.27.13.34/32", vpn: "[VPN]\nSubnet = 10.20.1.0/24\n")
    #expect(refusal(ImportRequest(file: same)).contains("network 10.20.1.0/24 overlaps 10.20.1.0/24 of 'home'"))
  }

  @Test func addressOfAnotherVPNIsToldOf() throws {
    _ = try take(ImportRequest(file: file()))
    let work = try take(ImportRequest(file: file("work.conf")))
    #expect(work.text.hasPrefix("work imported to "))
    #expect(work.notes.count == 1 && work.notes[0].hasPrefix("'home' has the same address (172.27.12.34): "))
    #expect(try take(ImportRequest(file: file("work.conf"))).notes == [], "nothing changed")
  }

  @Test("All that is wrong is said at once, and nothing that was so before keeps a profile from being replaced")
  func everyFinding() throws {
    _ = try take(ImportRequest(file: file()))
    let bad = file("work.conf", address: "10.20.1.7/32", more: "FwMark = 10001", vpn: "[VPN]\nID = 2\nPriority = 300\n")
    let lines = refusal(ImportRequest(file: bad)).split(separator: "\n")
    #expect(lines.count == 3 && lines.allSatisfy { $0.hasPrefix("vpn: ") })
    folder.write("etc/work.conf", try #require(folder.text(of: "work.conf")))
    let more = file("work.conf", address: "10.20.1.7/32", dns: false, more: "FwMark = 10001", vpn: "[VPN]\nID = 2\nPriority = 300\n")
    #expect(try take(ImportRequest(file: more, force: true)).notes.map { "vpn: " + $0 } == lines.map(String.init))
  }

  @Test func idWhoseNetworkTheLANUsesIsPassedOver() throws {
    folder.networks = [
      HostNetwork(link: "eth0", prefix: Prefix("10.20.1.5/23")!), HostNetwork(link: "home", prefix: Prefix("10.20.2.1/24")!),
    ]
    folder.write("netns/vpn-home", "")
    _ = try take(ImportRequest(file: file()))
    #expect(try id(of: "home") == 2, "its own link, and those of other VPNs, are not the LAN")
    _ = try take(ImportRequest(file: file("work.conf", address: "172.27.13.34/32", dns: false, more: "DNS = 10.20.3.1")))
    #expect(try id(of: "work") == 4)
    let asked = refusal(ImportRequest(file: file("b.conf", address: "172.27.14.34/32"), id: 1))
    #expect(asked.contains("10.20.1.0/24 overlaps this machine's 10.20.0.0/23 on eth0: choose another ID"))
    // A LAN without end.
    folder.networks = [Prefix("10.1.2.3/8")!, Prefix("10.1.2.4/8")!].map { HostNetwork(link: "eth0", prefix: $0) }
    let large = try take(ImportRequest(file: file("large.conf", address: "172.27.15.34/32"))).notes
    #expect(try id(of: "large") == 1)
    #expect(large.count == 1 && large[0].contains("10.20.1.0/24 overlaps this machine's 10.0.0.0/8 on eth0"))
    // In a new network nothing but the profile of long ago is wrong.
    folder.networks = [HostNetwork(link: "eth0", prefix: Prefix("10.20.2.5/24")!)]
    try FileManager.default.removeItem(atPath: "\(folder.path)/netns/vpn-home")
    let notes = try take(ImportRequest(file: file(dns: false), force: true)).notes
    #expect(notes.count == 1 && notes[0].contains("overlaps this machine's 10.20.2.0/24 on eth0"))
    #expect(try id(of: "home") == 2)
  }

  @Test func nameThatDiffersInCapitalLettersOnly() throws {
    _ = try take(ImportRequest(file: file()))
    let sentence = "vpn: there is a VPN 'home', from which 'Home' differs in capital letters only: choose another name"
    #expect(refusal(ImportRequest(file: file("Home.conf", address: "172.27.13.34/32"))) == sentence + " with --name")
    let home = try #require(VPNName("Home"))
    #expect(throws: Failure(lines: [sentence])) { try NewRequest(name: home).perform(on: folder.installation, style: .plain) }
    _ = try take(ImportRequest(file: file("work.conf", address: "172.27.13.34/32")))
    #expect(throws: Failure(lines: [sentence])) {
      try RenameRequest(name: "work", new: home).perform(on: folder.installation, style: .plain)
    }
    #expect(try RenameRequest(name: "home", new: home).perform(on: folder.installation, style: .plain).text == "home is now Home\n")
  }

  @Test func unreadableNeighbourIsToldOf() throws {
    folder.write("etc/old.conf", "nonsense")
    let notes = try take(ImportRequest(file: file())).notes
    #expect(notes == ["\(folder.path)/etc/old.conf cannot be read, so its ID and addresses were not compared"])
  }

  @Test func nameOfALinkIsRefused() {
    folder.write("links/home", "")
    #expect(refusal(ImportRequest(file: file())).contains("network link 'home' already"))
  }

  @Test func onlyRoot() {
    var installation = folder.installation
    installation.isRoot = false
    let failure = #expect(throws: Failure.self) { try ImportRequest(file: "home.conf").perform(on: installation, style: .plain) }
    #expect(failure == Failure("importing needs root: sudo vpn import home.conf"))
  }

  @Test func leftoverOfAKilledImport() throws {
    folder.write("etc/.home.conf.new", "half")
    _ = try take(ImportRequest(file: file()))
    #expect(folder.names(in: "etc") == ["home.conf"])
  }

  @Test(arguments: ["missing.conf", "etc"])
  func unreadableFile(_ name: String) {
    let file = "\(folder.path)/\(name)"
    #expect(refusal(ImportRequest(file: file, name: VPNName("x"))).hasPrefix("vpn: cannot read \(file): "))
  }
}
