import LinuxSystem
import NetworkModel
import Profile
import TestSupport
import Testing

@testable import Commands

@Suite("vpn export --format, of a way out by another link") struct LinkExportTests {
  let folder = TestFolder()
  private static let campus = """
    [VPN]
    Link = eth1
    Gateway = 10.10.10.1, fd10::1
    Relay = 10.42.42.0/24, fd42::/64
    [Interface]
    Table = 5000

    """

  init() {
    folder.write("etc/campus.conf", Self.campus)
    folder.makeFolder("out")
  }

  private func export(_ format: ExportFormat) throws -> Answer {
    try ExportRequest(name: "campus", file: "\(folder.path)/out", format: format).perform(on: folder.installation, style: .plain)
  }

  private func refusal(_ format: ExportFormat) -> String {
    let failure = #expect(throws: Failure.self) { try export(format) }
    #expect(folder.names(in: "out").isEmpty)
    return failure?.lines.joined(separator: "\n") ?? ""
  }

  private func imported(_ file: String) throws -> Profile {
    let path = "\(folder.path)/out/\(file)"
    return try ImportSource(path, in: .of(path), folder.installation).profile(.plain)
  }

  @Test("What is relayed by another link, as networkd and ifupdown-ng have it") func relayed() throws {
    let answer = try export(.networkd)
    let text = try #require(folder.text(of: "out/campus.conf"))
    #expect(text.contains("\n[Route]\nDestination=0.0.0.0/0\nGateway=10.10.10.1\nTable=5000\n"))
    #expect(text.contains("\n[RoutingPolicyRule]\nFrom=fd42::/64\nTable=5000\nPriority=32765\n"))
    let readers = User.groupNumber(of: "systemd-network") == nil || !User.isRoot ? 0o600 : 0o640
    #expect(folder.mode(of: "out/campus.conf") == readers, "networkd is a user of its own")
    #expect(answer.text.contains("networkctl status eth1") && answer.notes.contains { $0.contains("failing closed") })
    #expect(try imported("campus.conf") == Profile.parse(Array(Self.campus.utf8)))
    _ = try export(.ifupdownNG)
    let stanza = try #require(folder.text(of: "out/campus.interfaces"))
    #expect(stanza.contains("\niface eth1\n\tup ip route replace default via 10.10.10.1 dev $IFACE table 5000\n"))
    #expect(stanza.contains("\tup ip -6 rule add from fd42::/64 table 5000 priority 32765\n"))
    // What is changed there counts, what our own lines say too.
    folder.write("out/campus.interfaces", stanza.replacing("via 10.10.10.1 dev", with: "via 10.10.10.9 dev"))
    let changed = try imported("campus.interfaces")
    #expect(changed.gateways.map(\.description) == ["10.10.10.9", "fd10::1"] && changed.link == "eth1")
  }

  @Test("What has no place for it is said") func refused() throws {
    #expect(refusal(.networkManager).contains("NetworkManager keeps routes and rules of eth1 in that link's own connection"))
    #expect(refusal(.wireguard).contains("there is no tunnel for wg-quick"))
    let boxed = Self.campus.replacing("Relay = 10.42.42.0/24, fd42::/64\n", with: "")
    folder.write("etc/campus.conf", boxed + "Address = 10.10.10.11/24, fd10::11/64\n")
    #expect(refusal(.networkd).contains("only for a box"))
  }
}
