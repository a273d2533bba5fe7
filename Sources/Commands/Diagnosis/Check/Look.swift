internal import LinuxSystem

/// How facts come from the machine: files as text, other programs as what they print. Nothing here judges.
enum Look {
  /// `nil`: not there, or not for us.
  static func text(_ path: String) -> String? {
    (try? FileDescriptor(reading: path).readAll(limit: 16 << 20)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// A number of /proc/sys or /sys, by its path below /proc/sys.
  static func setting(_ path: String) -> Int? {
    text("/proc/sys/\(path)").flatMap { Int($0.split(separator: "\n").first ?? "") }
  }

  /// Where a program is: as it is with a slash in it, otherwise by PATH, and in the folders for administrators' programs, which users'
  /// PATH often lacks.
  static func program(_ name: String, in path: String) -> String? {
    if name.contains("/") { return FileStatus.of(name, following: true)?.kind == .file ? name : nil }
    let folders = path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    return folders.lazy.map { "\($0)/\(name)" }.first { FileStatus.of($0, following: true)?.kind == .file }
  }

  /// - Returns: what it printed; `nil`: it is not there, or failed. What it says of that is left out.
  static func says(_ name: String, _ arguments: [String]) throws(Failure) -> String? {
    guard let program = program(name, in: path) else { return nil }
    guard let ended = try? Child(program, arguments, output: .capturedWithoutErrors, environment: ["LC_ALL=C"], limit: 64 << 20).run()
    else {
      return nil
    }
    if ended.how == .interrupted || Interrupt.happened { throw .interrupted }
    return ended.how == .exit(0) ? String(decoding: ended.output, as: UTF8.self) : nil
  }

  /// Our own PATH.
  static var path: String {
    Child.ownEnvironment.first { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) } ?? ""
  }
}
