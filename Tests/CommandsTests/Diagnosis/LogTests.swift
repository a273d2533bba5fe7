import Glibc
import LinuxSystem
import Testing

@testable import Commands
@testable import HelperWire

@Suite struct LogTests {
  let folder = TestFolder()
  private let now = 1_763_748_365  // 2025-11-21 18:06:05 UTC

  private var log: SystemLog {
    SystemLog(journalctl: "\(folder.path)/journalctl", journals: ["\(folder.path)/journal"], files: ["\(folder.path)/auth.log"])
  }

  private func entries() throws -> [LogEntry] {
    try log.entries(in: log.source(), now: now, userName: Sample.userName).entries
  }

  private func line(_ time: Int) -> String { LogTime.text(time) }

  @Test func timesOfSyslog() throws {
    for text in ["2025-11-21T18:06:05.123456+00:00", "2025-11-21T18:06:05Z", "2025-11-21T19:36:05+01:30", "2025-11-21T13:06:05.1-05:00"] {
      let read = try #require(LogTime.read("\(text) host x", now: now))
      #expect(read.time == now && read.rest == "host x", "\(text)")
    }
    // By the local clock, the year left out: this year's or, for what would be in the future, the last one's.
    for before in [0, 60, 40 * 86400, 300 * 86400] {
      let words = line(now - before).split { "- ".contains($0) }
      let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
      let day = (words[2].first == "0" ? " " : "") + "\(Int(words[2])!)"
      let text = "\(months[Int(words[1])! - 1]) \(day) \(words[3])"
      #expect(LogTime.read("\(text) host x", now: now)?.time == now - before, "\(text)")
      #expect(LogTime.read("\(text) host x", now: now)?.rest == "host x")
    }
    for text in ["", "x", "Foo 21 18:06:05 h", "2025-11-21 18:06:05 h", "Nov 21", "2025-11-21T18:06:05 h"] {
      #expect(LogTime.read(text[...], now: now) == nil, "\(text)")
    }
  }

  @Test func file() throws {
    folder.write(
      "auth.log",
      """
      2025-11-21T18:06:00+00:00 host vpn-link[7]: uid 0 links home
      2025-11-21T18:06:01+00:00 host sshd[8]: uid 0 links home
      2025-11-21T18:06:02+00:00 host vpnrun[9]: uid 1000 runs curl in home
      2025-11-21T18:06:02+00:00 host vpnrun[9]: something else
      2025-11-21T18:06:03+00:00 host sudo[9]: vpnrun[3]: uid 0 runs evil in home

      """)
    #expect(try log.source() == .file("\(folder.path)/auth.log"))
    let found = try entries()
    #expect(found.map(\.action) == ["link", "run"] && found.map(\.time) == [now - 5, now - 3])
    #expect(found[1].user == "alice" && found[1].command == "curl" && found[0].user == nil)
    #expect(
      logText(found[1], userName: Sample.userName, .plain) == line(now - 3) + "  alice     home          runs curl\n")
    #expect(
      jsonText(found[0], inOneLine: true) == """
        {"action":"link","command":null,"run_as":null,"time":\(now - 5),"uid":0,"user":null,"vpn":"home","ways":null}

        """)
    #expect(log.caveat(try log.source())?.hasPrefix("not verified: \(folder.path)/auth.log") == true)
    // What has been written since is told by tail(1) from there.
    #expect(
      try log.entries(in: log.source(), now: now, userName: Sample.userName).follow.arguments[1]
        == "+\(folder.text(of: "auth.log")!.utf8.count + 1)")
  }

  /// In the journal it is known who has written a line.
  @Test func journal() throws {
    folder.makeFolder("journal/0123")
    folder.write("auth.log", "")
    let lines = [
      (1000, "uid 1000 runs sh in home"), (1000, "uid 0 unlinks home"), (0, "uid 0 for uid 1000 runs id in home"), (0, "text"),
    ].enumerated().map { number, line in
      #"{"__CURSOR":"c=\#(number)","__REALTIME_TIMESTAMP":"\#(now)000000","_UID":"\#(line.0)","MESSAGE":"\#(line.1)"}"#
    }
    folder.program("journalctl", "log \"$@\"; cat <<'END'\n\(lines.joined(separator: "\n"))\nEND")
    #expect(try log.source() == .journal)
    let (found, follow) = try log.entries(in: .journal, now: now, userName: Sample.userName)
    #expect(found.map(\.command) == ["sh", "id"] && found[1].runAs == 1000 && found.allSatisfy { $0.time == now })
    #expect(follow.arguments.suffix(3) == ["-f", "--no-tail", "--after-cursor=c=3"])
    #expect(folder.log == ["-q --no-pager -o json -t vpnrun -t vpn-link --output-fields=MESSAGE,_UID"])
    #expect(log.isPartial(.journal))
    folder.write("journal/0123/system.journal", "")
    #expect(!log.isPartial(.journal) && log.caveat(.journal) == nil)
    #expect(logText(found[1], userName: Sample.userName, .plain).hasSuffix("  0         home          runs id as alice\n"))
  }

  @Test(
    "What was attached and detached",
    arguments: [
      ("uid 1000 attaches a web to home", "attached 'a web'"), ("uid 1000 detaches web from home", "detached web"),
    ])
  func attachments(line: String, text: String) throws {
    let entry = try #require(LogEntry(time: 0, line: line, userName: Sample.userName))
    #expect(logText(entry, userName: Sample.userName, .plain).hasSuffix("  alice     home          \(text)\n"))
  }

  @Test(
    "A command's name is no word of ours",
    arguments: [
      ("runs sh as root in home", "runs 'sh as root'"), ("runs curl outside in home", "runs 'curl outside'"),
      ("runs it's in home", "runs 'it'\\''s'"),
      ("publishes 127.0.0.1:80:80/tcp of web no more in home", "published 127.0.0.1:80:80/tcp of 'web no more'"),
    ])
  func names(line: String, text: String) throws {
    let entry = try #require(LogEntry(time: 0, line: "uid 1000 " + line, userName: Sample.userName))
    #expect(logText(entry, userName: Sample.userName, .plain).hasSuffix("  alice     home          \(text)\n"))
  }

  @Test(
    "Ways that were opened to a command",
    arguments: [
      ("uid 1000 publishes 127.0.0.1:80:8/tcp,[::1]:53:53/udp of a web in home", "published 127.0.0.1:80:8/tcp,[::1]:53:53/udp of 'a web'"),
      ("uid 1000 unpublishes 127.0.0.1:8080:80/tcp of web in home", "published 127.0.0.1:8080:80/tcp of web no more"),
      ("uid 1000 admits tcp/22,udp/53 to web in home", "let tcp/22,udp/53 in to web"),
      ("uid 1000 opens 192.168.50.0/24 to web in home", "opened 192.168.50.0/24 to web"),
      ("uid 1000 forwards 40000:8080 to web in home", "forwarded 40000:8080 to web"),
      ("uid 1000 for uid 0 admits tcp/22 to web in home", "let tcp/22 in to web as 0"),
    ])
  func ways(line: String, text: String) throws {
    let entry = try #require(LogEntry(time: 0, line: line, userName: Sample.userName))
    #expect(logText(entry, userName: Sample.userName, .plain).hasSuffix("  alice     home          \(text)\n"))
    #expect(try #require(entry.ways).joined(separator: ",") == line.split(separator: " ").first { $0.contains("/") || $0.contains("0:") }!)
    #expect(entry.command?.hasSuffix("web") == true)
  }

  @Test func none() {
    #expect(throws: Failure.self) { try log.source() }
  }

  @Test func lines() throws {
    folder.program("talker", "printf 'a\\nb'; sleep 0.1; printf 'c\\n\\nrest'")
    var said: [String] = []
    let ended = try Child("\(folder.path)/talker", [], output: .captured).run(take: { said.append(String(decoding: $0, as: UTF8.self)) })
    #expect(ended.how == .exit(0) && said == ["a", "bc", ""] && ended.output == Array("rest".utf8))
  }

  @Test("It hands them over while the program still works") func linesAtOnce() throws {
    folder.program("waiter", "echo go; for n in $(seq 200); do [ -e '\(folder.path)/seen' ] && break; sleep 0.05; done; echo $n")
    var said: [String] = []
    _ = try Child("\(folder.path)/waiter", [], output: .captured, environment: Child.ownEnvironment).run(take: { line in
      said.append(String(decoding: line, as: UTF8.self))
      folder.write("seen", "")
    })
    #expect(said.first == "go" && said.count == 2 && said.last != "200")
  }
}
