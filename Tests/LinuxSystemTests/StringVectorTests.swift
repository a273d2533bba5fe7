import CLinux
import LinuxSystem
import Testing

/// The strings of a vector, up to the NULL at its end.
private func strings(_ vector: borrowing StringVector) -> [[UInt8]] {
  var all: [[UInt8]] = []
  var at = unsafe vector.pointers
  while let text = unsafe at.pointee {
    unsafe all.append(Array(UnsafeRawBufferPointer(start: text, count: strlen(text))))
    unsafe at += 1
  }
  return all
}

@Suite struct StringVectorTests {
  @Test(
    "A block of NUL-terminated strings; an unterminated rest is left out",
    arguments: [
      ("", []), ("\0", [""]), ("A=1\0B=2\0", ["A=1", "B=2"]), ("A=1\0\0B\0", ["A=1", "", "B"]), ("A=1\0B=2", ["A=1"]), ("A=1", []),
    ] as [(String, [String])])
  func block(text: String, expected: [String]) {
    #expect(strings(StringVector(block: Array(text.utf8))) == expected.map { Array($0.utf8) })
  }

  @Test("Bytes stay what they are") func bytes() {
    let words: [[UInt8]] = [Array("/usr/bin/env".utf8), [], [0xff, 0xfe, 0x0a], Array("ü".utf8)]
    #expect(strings(StringVector(words)) == words)
    #expect(strings(StringVector([])) == [])
  }

  @Test func many() {
    let words = (0..<5000).map { Array("\($0)=\($0)".utf8) }
    #expect(strings(StringVector(words)) == words)
  }
}

/// What `execute` answers when it cannot become the command. Nothing here can be executed, so that it always returns.
@Suite struct ExecutionTests {
  private func refusal(_ command: String, path: String? = nil) -> SystemError {
    let arguments = StringVector([Array(command.utf8)])
    let environment = StringVector(path.map { [Array("A=PATH=/".utf8), Array("PATH=\($0)".utf8)] } ?? [])
    return unsafe execute(arguments.pointers, environment: environment.pointers)
  }

  @Test(
    "Not found, or found and not to be executed",
    arguments: [
      ("", "/usr/bin", ENOENT), ("no-such-command-here", "/usr/bin:/bin", ENOENT), ("no-such-command-here", "", ENOENT),
      ("no-such-command-here", "/etc/passwd:/proc/self/cmdline/x", ENOENT), ("/no/such/command", "/usr/bin", ENOENT),
      ("/etc/passwd", "/usr/bin", EACCES), ("/etc", "/usr/bin", EACCES), ("passwd", "/no/such:/etc:/no/such", EACCES),
      ("/etc/passwd/x", "/usr/bin", ENOTDIR), ("./no-such-command-here", "/usr/bin", ENOENT),
    ])
  func refused(command: String, path: String, code: Int32) {
    let error = refusal(command, path: path)
    #expect(error.errno == code)
    #expect(error.call == command)
  }

  @Test("A name too long is not found, and its control characters are not shown") func strange() {
    #expect(refusal(String(repeating: "x", count: 5000), path: "/usr/bin").errno == ENOENT)
    #expect(refusal("a\u{1b}b", path: "/usr/bin").call == "a\\x1bb")
    #expect(refusal("no-such-command-here").errno == ENOENT)
  }

  @Test func noArguments() {
    let nothing = StringVector([])
    let error = unsafe execute(nothing.pointers, environment: nothing.pointers)
    #expect(error.errno == EINVAL)
  }
}
