import LinuxSystem
import NetworkModel
import Profile
import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

/// What one command has besides its VPN, explained, and told by `vpn check`.
@Suite struct CommandExceptionsTests {
  private let command = CommandExceptions(
    "sh (pid 42)", inbound: ["tcp/8090"], published: ["127.0.0.1:8085:8090/tcp"], lan: ["192.168.50.20:80", "192.168.50.64/28"],
    forwarded: nil)

  private func explain(_ destination: String, _ port: String?) throws -> Explanation {
    let host = try ExplanationTests.host()
    return try Explanation.ofCommand(
      in: host.ways[0], to: IPAddress(destination)!, port: port.flatMap { PacketPort($0) }, named: destination, having: command, on: host)
  }

  @Test(
    "By TCP to what --lan names, and nothing else",
    arguments: [
      ("192.168.50.20", "tcp/80", Explanation.Outcome.direct), ("192.168.50.20", "tcp/81", .tunnel), ("192.168.50.20", "udp/80", .tunnel),
      ("192.168.50.70", "tcp/445", .direct), ("192.168.50.70", "tcp/53", .tunnel), ("192.168.50.70", "tcp/853", .tunnel),
      ("192.168.50.20", nil, .direct), ("192.168.50.21", nil, .tunnel), ("203.0.113.80", "tcp/80", .tunnel),
    ] as [(String, String?, Explanation.Outcome)])
  func lan(_ destination: String, _ port: String?, _ outcome: Explanation.Outcome) throws {
    let path = try explain(destination, port)
    #expect(path.outcome == outcome && path.command == "sh (pid 42)" && path.vpn == "home")
    #expect(path.link == (outcome == .direct ? "l0" : "u0"))
  }

  @Test("The VPN's own addresses are the VPN's, if the LAN has them") func vpnsOwn() throws {
    let host = try ExplanationTests.host()
    var wide = command
    wide.lan = LANDestination.privateNetworks.map { LANDestination($0) }
    let ways = host.ways[0]
    for own in ways.dns + ways.gateways.map(\.address) {
      let path = try Explanation.ofCommand(in: ways, to: own, port: PacketPort("tcp/443"), named: "\(own)", having: wide, on: host)
      #expect(path.outcome != .direct)
    }
    #expect(!(ways.dns + ways.gateways.map(\.address)).isEmpty)
  }

  @Test func comingIn() throws {
    let ways = try ExplanationTests.host().ways[0]
    func coming(_ word: String) throws -> Explanation {
      .ofInbound(try #require(ComingIn(word, listener: { _ in nil }, droppingChains: nil)), to: command, in: ways)
    }
    let path = try coming("tcp/8090")
    #expect(path.outcome == .local && path.steps[0].text.hasPrefix("port 8085 of 127.0.0.1/tcp leads there"))
    #expect(try coming("udp/8090").outcome == .stops && coming("icmp").outcome == .stops && coming("icmp").steps.count == 2)
    #expect(try coming("tcp/22").reason?.hasPrefix("only tcp/8090 and answers comes in to sh (pid 42): ") == true)
  }

  @Test("The provider's port is told as such") func forwarded() throws {
    var other = command
    other.forwarded = 8090
    var path = Explanation(vpn: nil, destination: "tcp/8090")
    let coming = try #require(ComingIn("tcp/8090", listener: { _ in nil }, droppingChains: nil))
    #expect(path.enter(coming, to: [other, command]) && path.steps[0].text.hasPrefix("the provider sends on port tcp/8090"))
    #expect(other.words.first == "the provider's port 8090 leads to it (--forward)")
  }

  @Test func check() {
    var vpn = Report.VPN(name: "home", id: 1)
    vpn.commands = [
      .init("sh", "10.20.1.2", uid: 1000, pid: 42, received: 0, sent: 0),
      .init("web", "10.20.1.3", uid: 0, pid: 0, received: 0, sent: 0, attached: true, published: ["127.0.0.1:80:80/tcp"]),
    ]
    #expect(
      vpn.exceptionFindings.map(\.what)
        == ["web (attached): ports of this machine lead to it: 127.0.0.1:80:80/tcp (-p)"])
    #expect(vpn.exceptionFindings.allSatisfy { $0.severity == .note })
  }
}
