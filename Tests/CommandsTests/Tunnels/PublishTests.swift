import LinuxSystem
import NetworkModel
import Testing

@testable import Commands
@testable import HelperWire

@Suite struct PublishTests {
  private func target(_ words: String...) throws(Failure) -> PublishTarget {
    try PublishTarget(words) { ["home", "web"].contains($0) }
  }

  @Test func words() throws {
    let ports = PublishedPort.list("8080:80,0.0.0.0:53:53/udp".utf8)!
    #expect(try target("4242", "8080:80", "0.0.0.0:53/udp", "8080:80") == PublishTarget(name: nil, what: "4242", ports: ports))
    #expect(try target("home", "a label", "8080:80", "0.0.0.0:53:53/udp") == PublishTarget(name: "home", what: "a label", ports: ports))
    // A label may be a VPN's name, too.
    #expect(try target("web", "8080:80").name == nil && target("web", "8080:80").what == "web")
    #expect(try target("web", "4242", "80") == PublishTarget(name: "web", what: "4242", ports: PublishedPort.list("80".utf8)!))
  }

  @Test(arguments: ["x", "0", "80:", "80/icmp", "65536", "80,81", "host:80:80"]) func noPorts(_ word: String) {
    let failure = #expect(throws: Failure.self) { try target("4242", word) }
    #expect(failure?.status == .usage && failure?.sentence.hasPrefix("'\(word)' is no port to hand on: 8080, 8080:80") == true)
  }

  @Test func tooMany() {
    let failure = #expect(throws: Failure.self) {
      try PublishTarget(["4242"] + (10000..<10009).map { "\($0)" }) { _ in false }
    }
    #expect(failure?.status == .usage)
  }

  private func reports(listening: Bool) -> [PublishedReport] {
    let vpn = Report.VPN(name: "home", id: 1)
    var command = vpn
    command.commands = [
      .init("sh", "10.20.1.2", uid: 1000, pid: 42, received: 0, sent: 0, published: ["127.0.0.1:8080:80/tcp", "[::1]:53:5353/udp"])
    ]
    let table = ProcessTable(folder: "/nowhere")
    return CommandReport.all([command], table, table.snapshot(), userName: Sample.userName).flatMap { command in
      command.publishedPorts.map { PublishedReport($0, command, isListening: listening) }
    }
  }

  @Test func text() {
    #expect(
      publishedText(reports(listening: true), width: nil, .plain) == """
        VPN   PID  USER   LISTENS ON          PORT  COMMAND
        home  42   alice  127.0.0.1:8080/tcp  80    sh
        home  42   alice  [::1]:53/udp        5353  sh

        """)
    #expect(reports(listening: true).allSatisfy { $0.note == nil })
    #expect(
      reports(listening: false)[1].note
        == "nothing listens on [::1]:53/udp any more: `vpn publish add home 42 [::1]:53:5353/udp` does again")
  }

  @Test func everyKeyIsThere() {
    let text = jsonText(Array(reports(listening: false)[1...]), inOneLine: true)
    let parts = [
      "\"address\":\"::1\"", "\"port\":53", "\"protocol\":\"udp\"", "\"target\":5353", "\"listening\":false", "\"attached\":false",
    ]
    for part in parts {
      #expect(text.contains(part), "\(part) in \(text)")
    }
  }
}
