import NetworkModel
import Profile
import Testing

@testable import Commands

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
    #expect(refusal(ImportRequest(file: file("work.conf"))).contains("address 172.27.12.34 is that of 'home', too"))
    let inside = file("work.conf", address: "10.20.1.77/32")
    #expect(refusal(ImportRequest(file: inside)).contains("address 10.20.1.77 is in the network of 'home''s commands, 10.20.1.0/24"))
    let subnet = file("work.conf", address: "172.27.13.34/32", dns: false, vpn: "[VPN]\nSubnet = 172.27.12.0/24\n")
    #expect(refusal(ImportRequest(file: subnet)).contains("network 172.27.12.0/24 overlaps address 172.27.12.34 of 'home'"))
    let same = file("work.conf", address: "172.27.13.34/32", vpn: "[VPN]\nSubnet = 10.20.1.0/24\n")
    #expect(refusal(ImportRequest(file: same)).contains("network 10.20.1.0/24 overlaps 10.20.1.0/24 of 'home'"))
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
