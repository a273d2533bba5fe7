import CLinux
import Testing

@testable import LinuxSystem

@Suite struct RunningProcessTests {
  /// A child with a name of its own, which is ended and waited for with this.
  private final class Sleeper {
    private(set) var id: pid_t = 0

    init(_ words: [String]) {
      let words = StringVector(words.map { Array($0.utf8) })
      let variables = StringVector([Array("VPNRUNNER=no".utf8), Array("VPNRUN=home".utf8)])
      unsafe posix_spawn(&id, "/bin/sleep", nil, nil, words.pointers, variables.pointers)
    }

    func end() { kill(id, SIGKILL) }

    deinit {
      end()
      _ = waitpid(id, nil, 0)
    }
  }

  @Test("One that has ended is not alive, though its number is there until it was waited for") func ended() {
    let sleeper = Sleeper(["sleep", "60"])
    #expect(Process.exists(sleeper.id) && Process.isAlive(sleeper.id))
    sleeper.end()
    for _ in 0..<500 where Process.isAlive(sleeper.id) { Process.sleep(milliseconds: 10) }
    #expect(Process.exists(sleeper.id) && !Process.isAlive(sleeper.id))
  }

  /// It is executed a moment after it is there.
  private func found(_ id: Int32) throws -> RunningProcess {
    for _ in 0..<500 {
      if let process = RunningProcess.ofThisUser().first(where: { $0.id == id }), process.name == Array("sleep".utf8) { return process }
      Process.sleep(milliseconds: 10)
    }
    throw SystemError("no such process")
  }

  @Test func whatItIs() throws {
    let child = Sleeper(["another name", "60", "--", "30"])
    let process = try found(child.id)
    #expect(process.program == Array("sleep".utf8))
    #expect(process.arguments.prefix(3) == [Array("60".utf8), Array("--".utf8), Array("30".utf8)])
    #expect(process.parent == Process.id)
    #expect(process.variable("VPNRUN") == Array("home".utf8))
    #expect(process.variable("VPN") == nil)
    #expect(process.sharesOurNetwork && !process.isDefunct)
    #expect(RunningProcess.ofThisUser(running: process.program).contains { $0.id == child.id })
    #expect(!RunningProcess.ofThisUser(running: Array("slee".utf8)).contains { $0.id == child.id })
  }

  @Test("One that shows its arguments in one word, as Chromium does") func inOneWord() {
    func arguments(_ line: String) -> [String] { RunningProcess.arguments(Array(line.utf8)).map { String(decoding: $0, as: UTF8.self) } }
    #expect(arguments("chromium --class=x /tmp/y\0") == ["--class=x", "/tmp/y"])
    #expect(arguments("chromium\0a b\0") == ["a b", ""])
    #expect(arguments("chromium\0") == [] && arguments("") == [])
  }

  @Test func defunct() throws {
    let child = Sleeper(["sleep", "60"])
    let process = try found(child.id)
    child.end()
    for _ in 0..<500 where !process.isDefunct { Process.sleep(milliseconds: 10) }
    #expect(process.isDefunct && process.memoryFileSystems.isEmpty && process.arguments.isEmpty)
  }

  @Test("What is asked of nobody is empty") func nobody() {
    let process = RunningProcess(id: -1)
    #expect(process.name.isEmpty && process.program.isEmpty && process.arguments.isEmpty && process.parent == nil)
    #expect(process.variable("PATH") == nil && !process.isDefunct && !process.sharesOurNetwork)
  }

  @Test func listens() throws {
    let folder = try TestFolder()
    let path = "\(folder.path)/socket"
    let me = RunningProcess(id: Process.id)
    let socket = FileDescriptor(owning: Sample.unixSocket(at: path))
    #expect(!me.listeningPaths.contains(Array(path.utf8)))
    #expect(listen(socket.raw, 1) == 0)
    #expect(me.listeningPaths.contains(Array(path.utf8)) && RunningProcess.allListeningPaths.contains(Array(path.utf8)))
    let child = Sleeper(["sleep", "60"])
    #expect(try found(child.id).listeningPaths.isEmpty)
  }

  @Test func links() {
    let me = RunningProcess(id: Process.id)
    #expect(me.hasLink("lo") && !me.hasLink("l") && !me.hasLink("lo0"))
  }
}

private enum Sample {
  /// Bound, and not listening yet.
  static func unixSocket(at path: String) -> Int32 {
    let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = UInt16(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
      for (at, byte) in path.utf8.enumerated() { unsafe room[at] = byte }
    }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    return unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(fd, $0, size) }
    } == 0 ? fd : -1
  }
}
