/// A program that a command starts, by itself or through another one: `env A=b nice firefox URL`, `sh -c 'cd /tmp; firefox URL'`.
public struct Invocation: Sendable {
  /// The program and its arguments.
  public var words: [[UInt8]]
  /// Where the program stands among the command's words; `nil`: in a text for a shell.
  public var place: Int?

  /// A path's last part.
  public var program: [UInt8] { Self.base(words[0]) }
  public var arguments: [[UInt8]] { Array(words.dropFirst()) }

  /// All that can be seen without a shell's variables. A command that was not understood is a program of its own.
  public static func all(in command: [[UInt8]]) -> [Invocation] { all(in: command, place: 0, depth: 0) }

  public static func base(_ path: [UInt8]) -> [UInt8] { Array(path[((path.lastIndex(of: 0x2f) ?? -1) + 1)...]) }

  private static func all(in words: [[UInt8]], place: Int?, depth: Int) -> [Invocation] {
    guard let first = words.first, depth < 8 else { return [] }
    let name = base(first)
    if shells.contains(where: { name.elementsEqual($0.utf8) }), let text = shellText(words) {
      return ShellText.commands(in: text).flatMap { all(in: $0, place: nil, depth: depth + 1) }
    }
    guard let runner = Runner.all.first(where: { name.elementsEqual($0.name.utf8) }), let next = runner.command(in: words) else {
      return [Invocation(words: words, place: place)]
    }
    return all(in: Array(words[next...]), place: place.map { $0 + next }, depth: depth + 1)
  }

  private static let shells = ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish"]

  /// What stands after `-c`, alone or among other letters.
  private static func shellText(_ words: [[UInt8]]) -> [UInt8]? {
    guard let option = words.firstIndex(where: { $0.first == 0x2d && !$0.starts(with: "--".utf8) && $0.contains(UInt8(ascii: "c")) }) else {
      return nil
    }
    return words[(option + 1)...].first { $0.first != 0x2d }
  }
}

/// A program that becomes, or starts, the one which stands among its own words.
private struct Runner {
  var name: String
  /// Its options that take the next word, with their dashes.
  var valued: [String] = []
  /// Words of its own before the program.
  var own = 0

  static let all = [
    Runner(name: "env", valued: ["-u", "--unset", "-C", "--chdir"]), Runner(name: "nice", valued: ["-n", "--adjustment"]),
    Runner(name: "nohup"), Runner(name: "setsid"), Runner(name: "exec", valued: ["-a"]), Runner(name: "command"), Runner(name: "time"),
    Runner(name: "ionice", valued: ["-c", "-n", "--class", "--classdata"]), Runner(name: "stdbuf", valued: ["-i", "-o", "-e"]),
    Runner(name: "timeout", valued: ["-k", "-s", "--kill-after", "--signal"], own: 1), Runner(name: "taskset", own: 1),
    Runner(name: "chrt", own: 1), Runner(name: "eatmydata"), Runner(name: "catchsegv"), Runner(name: "builtin"), Runner(name: "firejail"),
    Runner(name: "xargs", valued: ["-I", "-n", "-P", "-d", "-a", "-L", "-s"]), Runner(name: "strace", valued: ["-o", "-e", "-s", "-p"]),
  ]

  /// - Returns: where in its words the program stands.
  func command(in words: [[UInt8]]) -> Int? {
    var left = own
    var next = 1
    while next < words.count {
      let word = words[next]
      if word.elementsEqual("--".utf8) {
        next += 1 + left
        return next < words.count ? next : nil
      } else if word.first == 0x2d {
        if valued.contains(where: { word.elementsEqual($0.utf8) }) { next += 1 }
      } else if !ShellText.isAssignment(word) {
        if left == 0 { return next }
        left -= 1
      }
      next += 1
    }
    return nil
  }
}

extension Invocation {
  /// Of one line, whose first word is a program: of `Exec=` in a .desktop file, or of $BROWSER.
  public static func all(inLine line: [UInt8]) -> [Invocation] {
    ShellText.commands(in: line).first.map { all(in: $0, place: nil, depth: 0) } ?? []
  }
}
