import Foundation
import LinuxSystem
import NetworkModel
import Profile
import TestSupport
import Testing

@testable import Commands

@Suite("vpn export --format") struct ExportFormatTests {
  let folder = TestFolder()
  private static let router = """
    [VPN]
    ID = 4
    Underlay = vrf vrf-wan
    [Interface]
    PrivateKey = \(Keys.own.base64)
    Address = 192.0.2.42/31, 2001:db8:fd26::1/126
    FwMark = 1000
    ListenPort = 51001
    Table = off
    [Peer]
    PublicKey = \(Keys.peer.base64)
    AllowedIPs = 0.0.0.0/0, ::/0

    """

  init() {
    folder.profile("home", id: 1)
    folder.write("etc/router.conf", Self.router)
    folder.makeFolder("out")
    folder.program(
      "ip", #"[ "$6" = vrf-wan ] || exit 1; echo '[{"ifname":"vrf-wan","linkinfo":{"info_kind":"vrf","info_data":{"table":1000}}}]'"#)
  }

  private var installation: Installation {
    var installation = folder.installation
    installation.ip = "\(folder.path)/ip"
    return installation
  }

  private func export(_ name: String, _ format: ExportFormat, to file: String = "out", force: Bool = false) throws -> Answer {
    try ExportRequest(name: name, file: file == "-" ? file : "\(folder.path)/\(file)", format: format, force: force)
      .perform(on: installation, style: .plain)
  }

  private func refusal(_ name: String, _ format: ExportFormat, to file: String = "out", force: Bool = false) -> String {
    let before = folder.names(in: "out")
    let failure = #expect(throws: Failure.self) { try export(name, format, to: file, force: force) }
    #expect(folder.names(in: "out") == before)
    return failure?.lines.joined(separator: "\n") ?? ""
  }

  private func imported(_ file: String) throws -> (profile: Profile, notes: [String]) {
    let path = "\(folder.path)/out/\(file)"
    let source = try ImportSource(path, in: .of(path), installation)
    return (try source.profile(.plain), source.notes)
  }

  private func change(_ file: String, _ old: String, _ new: String) throws {
    let text = try #require(folder.text(of: "out/\(file)"))
    #expect(text.contains(old))
    folder.write("out/\(file)", text.replacing(old, with: new))
  }

  // MARK: what stands in the files

  @Test("WireGuard in a VRF, as networkd has it") func networkd() throws {
    _ = try export("router", .networkd)
    let network = try #require(folder.text(of: "out/router.network"))
    #expect(network.hasSuffix("\n[RoutingPolicyRule]\nFirewallMark=1000\nTable=1000\nFamily=both\n"))
    #expect(network.contains("\n[Network]\nAddress=192.0.2.42/31\nAddress=2001:db8:fd26::1/126\n"))
    #expect(folder.text(of: "out/router.netdev")?.contains("\nListenPort=51001\nFirewallMark=1000\nRouteTable=off\n") == true)
  }

  @Test("The same by ifupdown-ng") func interfaces() throws {
    _ = try export("router", .ifupdownNG)
    let text = try #require(folder.text(of: "out/router.interfaces"))
    #expect(text.contains("\niface router\n\tuse wireguard\n\taddress 192.0.2.42/31\n\taddress 2001:db8:fd26::1/126\n"))
    #expect(text.contains("\tup ip rule add fwmark 0x3e8 table 1000\n") && text.contains("\tup ip -6 rule add fwmark 0x3e8 table 1000\n"))
    #expect(text.contains("\tup echo 0 > /proc/sys/net/ipv6/conf/$IFACE/addr_gen_mode\n") && !text.contains("auto router"))
    #expect(folder.text(of: "out/router.conf")?.contains("\nFwMark = 0x3e8\n") == true)
  }

  @Test("A VRF that is not here is said, not guessed") func unknownVRF() throws {
    folder.write("etc/router.conf", Self.router.replacing("vrf-wan", with: "gone"))
    let answer = try export("router", .networkd)
    #expect(answer.notes.contains { $0.contains("Underlay = vrf gone") })
    #expect(folder.text(of: "out/router.netdev")?.contains("#   Underlay = vrf gone") == true)
    #expect(folder.text(of: "out/router.network")?.contains("RoutingPolicyRule") == false)
    #expect(try imported("router.netdev").profile.underlay == .vrf("gone"))
  }

  @Test("What it cannot do stands in the file and on standard error", arguments: ExportRoundTripTests.formats)
  func losses(_ format: ExportFormat) throws {
    let answer = try export("home", format)
    let file = try #require(folder.names(in: "out").first { folder.text(of: "out/\($0)")?.hasPrefix("# The VPN home") == true })
    let text = try #require(folder.text(of: "out/\(file)"))
    #expect(!answer.notes.isEmpty)
    for note in answer.notes where note.contains("does not do: ") {
      #expect(text.contains("\n#   \(note.split(separator: "does not do: ")[1])\n"))
    }
    if format != .nixOS {
      #expect(answer.notes.contains { $0.contains("there is no box") } && answer.notes.contains { $0.contains("failing closed") })
    }
  }

  @Test("Without a box nothing of the system's goes through it, whatever its peers take", arguments: ExportRoundTripTests.formats)
  func withoutBox(_ format: ExportFormat) throws {
    for table in ["", "Table = 1234"] {
      let boxless = Self.router.replacing("ID = 4", with: "ID = 4\nBox = no\nVRF = red")
      folder.write("etc/router.conf", boxless.replacing("Table = off", with: "DNS = 192.0.2.1\n" + table))
      let notes = try export("router", format, force: true).notes
      guard format != .nixOS else { continue }
      let written = folder.names(in: "out").compactMap { folder.text(of: "out/\($0)") }.joined()
      let lines = written.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.hasPrefix("vpnrun.") }.joined(separator: "\n")
      for word in ["InvertRule", "SuppressPrefixLength", "not fwmark", "suppress_prefixlength", "DNS", "dns", "From=", "unreachable"] {
        #expect(!lines.contains(word), "\(table): \(word)")
      }
      switch format {
      case .networkd: #expect(lines.contains(table.isEmpty ? "\nRouteTable=off" : "\nRouteTable=1234"))
      case .ifupdownNG: #expect(lines.contains("\tup ip -6 route replace ::/0 dev $IFACE table 1234") == !table.isEmpty)
      case .networkManager:
        #expect(lines.contains("\npeer-routes=false\n") && lines.components(separatedBy: "never-default=true").count == 3)
        #expect(lines.contains("\nroute1=::/1\nroute1_options=table=1234\nroute2=8000::/1\n") == !table.isEmpty)
      default: break
      }
      #expect(!notes.contains { ["there is no box", "failing closed", "Inbound"].contains(where: $0.contains) }, "\(notes)")
      #expect(notes.contains { $0.hasSuffix("does not do: VRF = red: the link is in no VRF") }, "\(notes)")
    }
  }

  @Test("Who may come in, and what is relayed, is said", arguments: ExportRoundTripTests.formats)
  func inboundAndRelay(_ format: ExportFormat) throws {
    let ordinary = try export("home", format).notes
    #expect(ordinary.contains { $0.contains("Inbound = no: whatever listens") } == (format != .nixOS), "\(ordinary)")
    folder.write("etc/router.conf", Self.router.replacing("ID = 4", with: "ID = 4\nInbound = icmp, tcp/179\nRelay = 192.168.7.0/24"))
    let notes = try export("router", format).notes
    #expect(notes.contains { $0.contains("Inbound = icmp, tcp/179: whatever listens") } == (format != .nixOS), "\(notes)")
    #expect(notes.contains { $0.contains("does not do: Relay: ") } == (format != .nixOS), "\(notes)")
  }

  @Test("What is typed next moves only what is not in its place") func next() throws {
    #expect(
      try export("home", .networkd).text.hasSuffix(
        "\n  sudo mv -t /etc/systemd/network \(folder.path)/out/home.netdev \(folder.path)/out/home.network && sudo networkctl reload\n"))
    let there = ["home.netdev", "home.network"]
    #expect(ExportFormat.networkd.installing("home", there) { $1 == "/etc/systemd/network" } == ["sudo networkctl reload"])
    let beside = ["interfaces", "conf"].map { "/etc/network/interfaces.d/home.\($0)" }
    let both = ExportFormat.ifupdownNG.installing("home", beside) { $1 == "/etc/network/interfaces.d" }
    #expect(both[0] == "sudo mv -t /etc/wireguard /etc/network/interfaces.d/home.conf && sudo ifup home")
    // By whatever path.
    for path in ["out/home.netdev", "out//home.netdev", "out/../out/home.netdev"] {
      #expect(ExportRequest.lies("\(folder.path)/\(path)", in: "\(folder.path)/out"))
    }
    #expect(!ExportRequest.lies("\(folder.path)/out/home.netdev", in: "/etc/systemd/network"))
    #expect(!ExportRequest.lies("\(folder.path)/out/none", in: "\(folder.path)/out"))
  }

  // MARK: safety

  @Test func modes() throws {
    let readers = User.groupNumber(of: "systemd-network") == nil ? 0o600 : 0o640
    for format in ExportRoundTripTests.formats { _ = try export("home", format) }
    let names = ["home.conf", "home.interfaces", "home.key", "home.netdev", "home.network", "home.nix", "home.nmconnection"]
    #expect(folder.names(in: "out") == names)
    for name in names { #expect(folder.mode(of: "out/\(name)") == (name.contains(".net") && User.isRoot ? readers : 0o600), "\(name)") }
  }

  @Test func nothingIsReplaced() throws {
    folder.write("out/home.network", "mine")
    #expect(refusal("home", .networkd) == "vpn: \(folder.path)/out/home.network is there already: --force replaces it")
    #expect(folder.text(of: "out/home.network") == "mine")
    _ = try export("home", .networkd, force: true)
    #expect(folder.text(of: "out/home.network")?.contains("[Match]") == true)
    #expect(
      refusal("home", .networkManager, to: "out/home.network")
        == "vpn: \(folder.path)/out/home.network is there already: --force replaces it")
    #expect(refusal("home", .networkd, to: "out/x").hasSuffix("out/x must be a folder"))
    folder.write("out/x", "")
    #expect(
      refusal("home", .networkd, to: "out/x", force: true).hasSuffix(
        "systemd-networkd needs 2 files: \(folder.path)/out/x must be a folder"))
  }

  @Test func toStandardOutput() throws {
    let both = try export("home", .networkd, to: "-").text
    #expect(both.contains("[NetDev]") && both.contains("\n\n# home.network\n[Match]"))
    let one = try export("home", .networkManager, to: "-").text
    _ = try export("home", .networkManager)
    #expect(folder.text(of: "out/home.nmconnection") == one)
  }

  @Test("A key never stands in a configuration of NixOS") func nix() throws {
    let answer = try export("home", .nixOS)
    let text = try #require(folder.text(of: "out/home.nix"))
    let key = try #require(folder.text(of: "out/home.key")).dropLast()
    #expect(key.count == 44 && !text.contains(key) && text.contains("privateKeyFile = \"/etc/vpnrun/home.key\";"))
    #expect(answer.notes.contains { $0.contains("/etc/vpnrun/home.key") })
    #expect(try imported("home.nix").profile.privateKey != nil)
    #expect(text.contains("\n  programs.vpnrun.vpns.\"home\" = {\n"), "a name may begin with a digit")
    try change("home.nix", "vpns.\"home\"", "vpns.home")
    #expect(try imported("home.nix").profile.privateKey != nil)
    try FileManager.default.removeItem(atPath: "\(folder.path)/out/home.key")
    let failure = #expect(throws: Failure.self) { try imported("home.nix") }
    #expect(failure?.lines.first?.hasSuffix("there is no home.key beside it, which has a key of the VPN's") == true)
  }

  @Test func withoutAnID() {
    folder.write("etc/home.conf", Self.router.replacing("ID = 4\n", with: ""))
    #expect(refusal("home", .nixOS) == "vpn: home has no ID, and the NixOS module needs one: `sudo vpn edit home ID=NUMBER`")
    for format in ExportRoundTripTests.formats where format != .nixOS { #expect(throws: Never.self) { try export("home", format) } }
  }

  // MARK: back again

  @Test("What is changed in a file counts") func changed() throws {
    _ = try export("home", .networkd)
    try change("home.netdev", "Endpoint=vpn.example.net:51820", "Endpoint=203.0.113.9:443")
    let (profile, notes) = try imported("home.netdev")
    #expect(profile.peers[0].endpoint?.description == "203.0.113.9:443" && profile.id == 1)
    #expect(notes.contains { $0.hasSuffix("from what vpn export has written beside: [VPN] ID") })
  }

  @Test("NetworkManager writes a file again, without comments") func rewritten() throws {
    folder.write("etc/home.conf", Self.router)
    _ = try export("home", .networkManager)
    let before = try imported("home.nmconnection").profile
    let lines = try #require(folder.text(of: "out/home.nmconnection")).split(separator: "\n").filter { !$0.hasPrefix("#") }
    folder.write("out/home.nmconnection", lines.joined(separator: "\n"))
    #expect(try imported("home.nmconnection").profile == before)
    #expect(before == (try Profile.parse(Array(Self.router.utf8))))
  }

  @Test("A key that no export knows is carried along all the same") func carried() throws {
    folder.write("etc/home.conf", Self.router.replacing("ID = 4", with: "ID = 4\nExitCheck = https://ifconfig.co"))
    _ = try export("home", .ifupdownNG)
    #expect(folder.text(of: "out/home.interfaces")?.contains("\n# vpnrun: [VPN] ExitCheck = https://ifconfig.co\n") == true)
    #expect(try imported("home.interfaces").profile.exitCheck == .url("https://ifconfig.co"))
    try change("home.interfaces", "# vpnrun: [VPN] ExitCheck = https", "# vpnrun: [VPN] ExitCheck = nonsense")
    let failure = #expect(throws: Failure.self) { try imported("home.interfaces") }
    #expect(failure?.lines.first?.contains("home.interfaces:") == true)
  }

  @Test("More than NetworkManager keeps is refused, not lost") func tooMany() throws {
    let file = folder.write("shared", Keys.preshared.base64)
    for (count, isTaken) in [(100, true), (260, false)] {
      let peers = try (0..<count).map { n in
        let key = try #require(WireGuardKey(bytes: [1, UInt8(n / 256), UInt8(n % 256)] + [UInt8](repeating: 7, count: 29)))
        return "[Peer]\nPublicKey = \(key.base64)\nPresharedKeyFile = \(file)\nAllowedIPs = 10.0.\(n / 256).\(n % 256)\n"
      }
      folder.write("etc/home.conf", Self.router.split(separator: "[Peer]")[0] + peers.joined())
      if isTaken {
        _ = try export("home", .networkManager)
      } else {
        #expect(refusal("home", .networkManager, force: true).contains("NetworkManager keeps 256 settings of other programs"))
      }
    }
  }

  @Test("A folder of exports is imported as one VPN for each") func folders() throws {
    for format in [ExportFormat.ifupdownNG, .nixOS] {
      folder.makeFolder("all")
      _ = try export("home", format, to: "all")
      folder.write("all/flake.nix", "{ outputs = { self }: { }; }")
      let answer = try ImportAllRequest(path: "\(folder.path)/all", force: true).perform(on: installation, style: .plain)
      #expect(answer.text.hasSuffix("1 replaced\n") && answer.failure == nil, "\(answer)")
      try FileManager.default.removeItem(atPath: "\(folder.path)/all")
    }
  }
}
