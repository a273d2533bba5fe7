import LinuxSystem
import Testing

@testable import Commands

@Suite struct PodmanWordsTests {
  private func sorted(_ line: String) throws -> PodmanWords { try PodmanWords(line.split(separator: " ").map(String.init), vpn: "home") }

  @Test("What create gets, and what start") func run() throws {
    #expect(try sorted("run box").create == ["box"])
    #expect(try sorted("run box").start == ["-a"])
    #expect(try sorted("run -d --name web box sh -d").create == ["--name", "web", "box", "sh", "-d"])
    #expect(try sorted("run -d box").start == [])
    #expect(try sorted("run -it --rm box sh").create == ["-i", "-t", "--rm", "box", "sh"])
    #expect(try sorted("run -it --rm box sh").start == ["-ai"])
    #expect(try sorted("run -dit box").create == ["-i", "-t", "box"])
    #expect(try sorted("run --detach=false box").start == ["-a"])
    #expect(try sorted("run --sig-proxy=false --detach-keys ctrl-p box").start == ["-a", "--sig-proxy=false", "--detach-keys", "ctrl-p"])
    #expect(try sorted("run -- box").create == ["--", "box"])
  }

  @Test("A value is no image, and the container's words are its own") func values() throws {
    #expect(
      try sorted("run -e A=--network -v/a:/b -w / -h web box --network host").create == [
        "-e", "A=--network", "-v/a:/b", "-w", "/", "-h", "web", "box", "--network", "host",
      ])
    #expect(try sorted("run --env=A --label x box").create == ["--env=A", "--label", "x", "box"])
  }

  @Test func start() throws {
    #expect(try sorted("start web") == PodmanWords(start: ["-a"], container: "web"))
    #expect(try sorted("start -d web") == PodmanWords(start: [], container: "web"))
    #expect(try sorted("start -i web") == PodmanWords(start: ["-ai"], container: "web"))
  }

  @Test(
    "Refused",
    arguments: [
      "", "exec web", "run", "run --rm", "run --name", "start", "start a b", "start --rm a", "run --network host box",
      "run --network=none box",
      "run --net x box", "run -p 80 box", "run -p80 box", "run -dP box", "run --pod x box", "run --dns=1.1.1.1 box",
      "run --restart always box",
      "run --rmi box", "run -a stdin box", "run --help", "run --ip6 ::1 box", "run --mac-address=x box",
    ]) func refused(line: String)
  {
    #expect { try sorted(line) } throws: { ($0 as? Failure)?.status == 2 }
  }
}

extension PodmanWords {
  fileprivate init(start: [String], container: String) throws {
    self = try PodmanWords(["start", container], vpn: "home")
    self.start = start
  }
}
