internal import CLinux

/// This process, and some questions about others.
public enum Process {
  public static var isRoot: Bool { getuid() == 0 }
  public static var userID: UInt32 { getuid() }
  /// The real group and the supplementary ones.
  public static func groups() throws(SystemError) -> [UInt32] {
    let count = try SystemError.check(getgroups(0, nil), "getgroups")
    var groups = [gid_t](repeating: 0, count: Int(count))
    let got = try SystemError.check(unsafe getgroups(count, &groups), "getgroups")
    return groups.prefix(Int(got)) + [getgid()]
  }
  /// The group that this program's file belongs to.
  public static func programsGroup() throws(SystemError) -> UInt32 {
    // It cannot be opened: its group may only execute it.
    var s = stat()
    try SystemError.check(unsafe stat("/proc/self/exe", &s), "stat /proc/self/exe")
    return s.st_gid
  }
  public static var id: Int32 { getpid() }
  /// Whether there is a process of this number, of any user.
  public static func exists(_ pid: Int32) -> Bool { kill(pid, 0) == 0 || clinux_errno() == EPERM }

  /// Whether it has not ended either: one that its parent has not waited for yet keeps its number, and nothing else (proc(5), stat).
  public static func isAlive(_ pid: Int32) -> Bool {
    guard exists(pid) else { return false }
    let text = (try? FileDescriptor.open("/proc/\(pid)/stat", O_RDONLY).readAll(limit: 4096)) ?? []
    // The name before it may have parentheses, too.
    guard let name = text.lastIndex(of: UInt8(ascii: ")")), name + 2 < text.count else { return true }
    return ![UInt8(ascii: "Z"), UInt8(ascii: "X")].contains(text[name + 2])
  }

  public static var secondsSince1970: UInt64 {
    var time = timespec()
    unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(max(time.tv_sec, 0))
  }

  public static func changeFolder(to path: [UInt8]) throws(SystemError) {
    let text = StringVector([path])
    try SystemError.check(unsafe chdir(text.pointers[0]!), "chdir")
  }

  /// Enters the folder once more by its path: what is mounted there now.
  public static func enterFolderAnew() throws(SystemError) {
    guard let path = unsafe getcwd(nil, 0) else { throw SystemError("getcwd") }
    defer { unsafe free(path) }
    let shown = unsafe String(cString: path)
    try SystemError.check(unsafe chdir(path), shown)
  }

  /// Standard error is a terminal.
  public static var hasTerminal: Bool { isatty(2) == 1 }

  public static func sleep(milliseconds: Int) {
    var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    unsafe _ = nanosleep(&time, nil)
  }

  /// Leaves a child behind that holds a descriptor a little longer: closing an nftables socket after a deletion waits for an RCU
  /// grace period of about 10 ms, and lets other processes wait that change a table then. No process waits for this child, and
  /// none that reads from us or waits for our locks: it has no other descriptor. For the end of a program.
  public static func closeInBackground(_ descriptor: Int32) { clinux_hold(descriptor, 100) }

  /// For a message only: what the caller calls itself.
  public static var userName: String {
    guard let name = unsafe getenv("USER") else { return "\(getuid())" }
    // SAFETY: a C string of the environment, which does not change.
    return unsafe String(printable: UnsafeRawBufferPointer(start: name, count: strlen(name)))
  }

  /// The numbers among a folder's names: threads, descriptors, processes.
  public static func numericNames(in path: String) throws(SystemError) -> [Int32] {
    try Files.names(in: path).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
  }
}
