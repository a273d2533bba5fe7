import FoundationEssentials
import LinuxSystem
import NetworkModel
import Profile
import Testing

@testable import Commands
@testable import ForeignProfiles

/// What `vpn import` recognises, and where it looks for the rest.
@Suite(.serialized) struct ImportSourceTests {
  let folder = TestFolder()

  private static let netdev = """
    [NetDev]
    Name=wg0
    Kind=wireguard
    [WireGuard]
    PrivateKey=yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
    [WireGuardPeer]
    PublicKey=xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
    AllowedIPs=172.27.12.0/24

    """
  private static let network = "[Match]\nName=wg0\n[Network]\nAddress=172.27.12.34/24\n"
  private static let connection = """
    [connection]
    id=Corporate Gateway (Paris)
    type=wireguard
    [wireguard]
    private-key=yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
    [wireguard-peer.xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=]
    allowed-ips=172.27.13.0/24;
    [ipv4]
    address1=172.27.13.34/24

    """

  private func source(_ name: String) throws -> ImportSource {
    let path = "\(folder.path)/\(name)"
    return try ImportSource(path, in: .of(path), folder.installation)
  }

  private func refusal(_ name: String) -> String {
    let failure = #expect(throws: Failure.self) { try source(name).profile(.plain) }
    #expect(failure?.status == .failure)
    return (failure?.lines.joined(separator: "\n") ?? "").replacing(folder.path + "/", with: "")
  }

  @Test(
    arguments: [
      ("", .wgQuick), ("# x\n[Interface]\n[connection]\n", .wgQuick), ("[ interface ]\n[NetDev]\n", .wgQuick), ("[Peer]\n", .wgQuick),
      ("[connection]\nid=x\n", .networkManager), ("\n# x\n[wireguard]\n", .networkManager), ("\u{feff}[NetDev]\r\n", .netdev),
      ("[Match]\nHost=x\n[NetDev]\n", .netdev), ("[Match]\nName=x\n", .network), ("[WireGuardPeer]\n", .netdev),
      ("# vpnrun: [VPN] Link = eth1\n[RoutingPolicyRule]\n", .link), ("# vpnrun: [VPN] Link = eth1\niface eth1\n", .link),
      ("[RoutingPolicyRule]\n", .wgQuick), ("# vpnrun: [VPN] Link = eth1\n[Interface]\n", .wgQuick),
      ("GIF89a...", .picture(.gif)), ("RIFF....WEBPVP8 ", .picture(.webp)), ("RIFF....WAVE", .wgQuick),
    ] as [(String, ImportFormat)])
  func format(_ content: String, _ expected: ImportFormat) { #expect(ImportFormat(of: Array(content.utf8)) == expected) }

  @Test func pictures() {
    #expect(ImportFormat(of: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]) == .picture(.png))
    #expect(ImportFormat(of: [0xff, 0xd8, 0xff, 0xe0]) == .picture(.jpeg))
    #expect(ImportFormat(of: [0x89, 0x50, 0x4e, 0x47]) == .wgQuick)
  }

  @Test("A file's own name counts before that of the file") func names() throws {
    folder.write("x.conf", Self.connection)
    #expect(try source("x.conf").derivedName(of: "x.conf").description == "Corporate")
    folder.write("x.conf", Self.connection.replacing("Corporate Gateway (Paris)", with: "日本"))
    #expect(try source("x.conf").derivedName(of: "x.conf").description == "x")
    folder.write("y.nmconnection", Self.connection.replacing("Corporate Gateway (Paris)", with: "a/b"))
    #expect(try source("y.nmconnection").derivedName(of: "-").description == "a-b")
    let profile = TestFolder.providersFile(address: "172.27.1.34/32")
    let plain = try ImportSource("-", content: Array(profile.utf8), in: .none, folder.installation)
    #expect(throws: Failure("standard input has no name: add --name NAME", status: .usage)) { try plain.derivedName(of: "-") }
  }

  @Test("Keys in files stay there") func keyFiles() throws {
    let text = Self.netdev.replacing(#/PrivateKey=.*/#, with: "PrivateKey=x\nPrivateKeyFile=/run/secrets/wg0").replacing(
      "AllowedIPs", with: "PresharedKeyFile=/run/secrets/psk\nPresharedKey=x\nAllowedIPs")
    let made = String(
      decoding: try NetworkdFiles.translation(device: [Array(text.utf8)], network: [Array(Self.network.utf8)]).text, as: UTF8.self)
    #expect(made.contains("\nPrivateKeyFile = /run/secrets/wg0\n") && !made.contains("PrivateKey ="))
    #expect(made.contains("\nPresharedKeyFile = /run/secrets/psk\n") && !made.contains("PresharedKey ="))
  }

  @Test("Given either, both are read") func pair() throws {
    folder.write("a.netdev", Self.netdev)
    folder.write("b.network", Self.network)
    #expect(try source("a.netdev").content == source("b.network").content)
    folder.write("c.netdev", Self.netdev.replacing("wg0", with: "wg1"))
    folder.write("b.network", Self.network.replacing("Name=wg0", with: "Name=wg?"))
    #expect(refusal("b.network") == "vpn: b.network: it is the .network of a.netdev, c.netdev: import one of those")
    folder.write("b.network", Self.network.replacing("Name=wg0", with: "Name=eth?"))
    #expect(refusal("b.network") == "vpn: b.network: there is no .netdev of Kind=wireguard beside it whose Name is in its [Match]")
  }

  @Test(arguments: [
    ("Name=wg0", true), ("Name=eth0 wg*", true), ("Name=wg[1-9]", false), ("Name=!wg0 lo", false), ("Name=!eth0 lo", true),
    ("Name=eth0\nName=wg0", true), ("Name=wg0\nName=", true), ("Name=wg0\nType=ether", false), ("Kind=wireguard", true),
    ("MACAddress=00:00:00:00:00:01", false), ("", true),
    ("Host=x\nName=", false),
  ])
  func match(_ text: String, _ expected: Bool) {
    #expect(NetworkdFiles.matches([Array("[Match]\n\(text)\n".utf8)], link: "wg0", by: Glob.matches) == expected)
  }

  @Test func qrCode() throws {
    folder.write("code.PNG", "GIF89a")
    folder.program("zbarimg", "log \"$@\"; cat >$here/seen; cat $here/home.conf")
    folder.write("home.conf", TestFolder.providersFile(address: "172.27.1.34/32"))
    let read = try source("code.PNG")
    #expect(try read.content == source("home.conf").content)
    #expect(try read.derivedName(of: "code.PNG").description == "code")
    #expect(folder.log[0] == "--nodbus --raw --quiet --oneshot -Sdisable -Sqrcode.enable -Stest-inverted gif:/run/picture")
    #expect(folder.text(of: "seen") == "GIF89a")
    #expect(folder.names(in: "scratch") == [], "the copy is gone")
    folder.write("home.conf", "[Interface]\nAdress = 1\n")
    #expect(refusal("code.PNG").hasPrefix("code.PNG:1:1: PrivateKey is missing"))
  }

  @Test(arguments: [
    ("exit 4", "vpn: there is no QR code in code.png, or it cannot be made out: cut the picture to it, or import a larger one"),
    ("exit 0", "vpn: there is no QR code in code.png, or it cannot be made out: cut the picture to it, or import a larger one"),
    ("echo https://example.com", "vpn: the QR code in code.png is not that of a WireGuard file"),
    ("echo '[connection]'", "vpn: the QR code in code.png is not that of a WireGuard file"),
    ("exit 1", "vpn: zbarimg cannot read code.png: it is not a whole gif picture, or too large"),
    ("kill -KILL $$", "vpn: zbarimg cannot read code.png: it is not a whole gif picture, or too large"),
    ("cat /dev/zero", "vpn: cannot run zbarimg: File too large"),
    ("", "vpn: zbarimg reads QR codes, and is not installed: run `sudo apt install zbar-tools`, or import the text it stands for"),
  ])
  func qrCodeRefused(_ program: String, _ sentence: String) {
    folder.write("code.png", "GIF89a")
    if !program.isEmpty { folder.program("zbarimg", program) }
    #expect(refusal("code.png") == sentence)
    #expect(folder.names(in: "scratch") == [])
  }

  /// Of one that was killed; not of one that may be running.
  @Test func leftoversOfQRCodes() throws {
    for name in ["vpnrun-import.old", "vpnrun-import.new", "vpnrun-edit.old"] { folder.makeFolder("scratch/\(name)") }
    for name in ["vpnrun-import.old/picture", "vpnrun-import.file"] { folder.write("scratch/\(name)", "secret") }
    for name in ["vpnrun-import.old", "vpnrun-import.file", "vpnrun-edit.old"] {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -120)], ofItemAtPath: "\(folder.path)/scratch/\(name)")
    }
    folder.write("code.png", "GIF89a")
    folder.program("zbarimg", "exit 4")
    #expect(refusal("code.png").contains("no QR code"))
    #expect(folder.names(in: "scratch") == ["vpnrun-edit.old", "vpnrun-import.file", "vpnrun-import.new"])
  }

  @Test func numberOfNobody() throws {
    let first = try #require(User.unused(besides: ProcessTable(folder: "\(folder.path)/proc").numbers()))
    #expect((61184...65519).contains(first))
    folder.makeFolder("proc/7")
    folder.write("proc/7/status", "Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t5\t5\t5\nGroups:\t6 \(first) \n")
    let processes = ProcessTable(folder: "\(folder.path)/proc")
    #expect(processes.numbers() == [1, 2, 3, 4, 5, 6, first])
    let second = try #require(User.unused(besides: processes.numbers()))
    #expect((61184...65519).contains(second) && second != first)
  }

  @Test func folderOfAll() throws {
    folder.makeFolder("all")
    folder.write("all/office.nmconnection", Self.connection)
    folder.write("all/wifi.nmconnection", "[connection]\nid=WiFi\ntype=wifi\n")
    folder.write("all/50-wg0.netdev", Self.netdev)
    folder.write("all/50-wg0.network", Self.network)
    folder.write("all/br0.netdev", "[NetDev]\nName=br0\nKind=bridge\n")
    folder.write("all/home.conf", TestFolder.providersFile(address: "172.27.1.34/32"))
    folder.write("all/home.png", "GIF89a")
    folder.write("all/logo.gif", "GIF89a")
    folder.program("zbarimg", "exit 4")
    let answer = try ImportAllRequest(path: "\(folder.path)/all").perform(on: folder.installation, style: .plain)
    #expect(answer.text == "wg0        ID 1  imported\nhome       ID 2  imported\nCorporate  ID 3  imported\n3 imported\n")
    #expect(answer.failure == nil)
  }

  @Test func archiveWithAPair() throws {
    folder.write("netdev", Self.netdev)
    folder.write("network", Self.network)
    folder.program("unzip", "case $1 in -Z1) printf '%s\\n' etc/wg0.netdev etc/wg0.network wg0.network ;; -p) cat $here/${3##*.} ;; esac")
    let answer = try ImportAllRequest(path: "\(folder.path)/x.zip").perform(on: folder.installation, style: .plain)
    #expect(answer == Answer(text: "wg0  ID 1  imported\n1 imported\n"))
  }
}
