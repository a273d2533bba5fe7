internal import CLinux

/// What a capable program must know of itself before it does anything.
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
  public static var id: Int32 { getpid() }
  /// Whether there is a process of this number, of any user.
  public static func exists(_ pid: Int32) -> Bool { kill(pid, 0) == 0 || clinux_errno() == EPERM }

  public static var secondsSince1970: UInt64 {
    var time = timespec()
    unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(max(time.tv_sec, 0))
  }

  public static func changeFolder(to path: [UInt8]) throws(SystemError) {
    let text = StringVector([path])
    try SystemError.check(unsafe chdir(text.pointers[0]!), "chdir")
  }

  /// Standard error is a terminal.
  public static var hasTerminal: Bool { isatty(2) == 1 }

  public static func sleep(milliseconds: Int) {
    var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    unsafe _ = nanosleep(&time, nil)
  }

  /// Leaves a child behind that holds a descriptor a little longer: closing an nftables socket after a deletion waits for an RCU
  /// grace period of about 10 ms, and lets other processes wait that change a table then. No process waits for this child.
  public static func closeInBackground(_ descriptor: Int32) {
    guard fork() == 0 else { return }
    // Processes that read from us or wait for our locks must not wait for it, either.
    for fd in Int32(0)..<1024 where fd != descriptor { _ = close(fd) }
    sleep(milliseconds: 100)
    _exit(0)
  }

  /// For a message only: what the caller calls itself.
  public static var userName: String {
    guard let name = unsafe getenv("USER") else { return "\(getuid())" }
    // SAFETY: a C string of the environment, which nobody changes.
    return unsafe String(printable: UnsafeRawBufferPointer(start: name, count: strlen(name)))
  }

  /// capset(2), unshare(2) and prctl(2) act on one thread: with a second one a dropped capability would live on.
  public static func isSingleThreaded() throws(SystemError) -> Bool {
    try numericNames(in: "/proc/self/task").count == 1
  }

  /// The caller's ids are the program's own, and the kernel treats it as one that has more rights than its caller (root excepted).
  public static var hasItsCallersIdentity: Bool {
    getuid() == geteuid() && getgid() == getegid() && (isRoot || clinux_at_secure() == 1)
  }

  /// The initial user namespace maps everything to itself.
  public static func isInInitialUserNamespace() throws(SystemError) -> Bool {
    let map = try FileDescriptor.open("/proc/self/uid_map", O_RDONLY).readAll(limit: 4096)
    return map.split(whereSeparator: { $0 == 0x20 || $0 == 0x0a }).map { Array($0) } == [[0x30], [0x30], Array("4294967295".utf8)]
  }

  /// Why file capabilities did not come with the program, as far as it can be known.
  public static var whyCapabilitiesAreMissing: String {
    if clinux_prctl(PR_GET_NO_NEW_PRIVS, 0) == 1 { return "the caller has set no_new_privs (a sandbox or a service manager does that)" }
    if (try? isInInitialUserNamespace()) == false { return "this is a user namespace: file capabilities count for nothing here" }
    if isTraced { return "the program is being traced" }
    return "its file has lost them (copying does that) or lies on a file system mounted nosuid; `sudo make install` sets them"
  }

  private static var isTraced: Bool {
    guard let status = try? FileDescriptor.open("/proc/self/status", O_RDONLY).readAll(limit: 65536) else { return false }
    return status.split(separator: 0x0a).contains { $0.begins(with: "TracerPid:") && !$0.equals("TracerPid:\t0") }
  }

  /// The numbers among a folder's names: threads, descriptors, processes.
  static func numericNames(in path: String) throws(SystemError) -> [Int32] {
    try Files.names(in: path).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
  }
}

/// What the caller set up that would disturb the work between start and execve: put aside, and given back to the command.
public struct CallersState {
  private var mask = sigset_t()
  private var creationMask: mode_t
  private var coreLimit = rlimit()
  private var fileSizeLimit = rlimit()

  /// Blocks every signal that can be (unless told not to), forbids core dumps, lifts the limit on file sizes as far as it
  /// goes, and sets the umask to 022. Descriptors 0, 1 and 2 are made to exist. Timers run on: they are the command's.
  public static func putAside(blockingSignals: Bool = true) throws(SystemError) -> CallersState {
    for fd in Int32(0)...2 where !isOpen(fd) {
      // The lowest free number is taken, which is this one.
      try SystemError.check(unsafe clinux_keep_across_exec(clinux_open("/dev/null", O_RDWR, 0)), "open /dev/null")
    }
    var state = CallersState(creationMask: umask(0o022))
    var blocked = sigset_t()
    unsafe sigemptyset(&blocked)
    if blockingSignals { unsafe sigfillset(&blocked) }
    unsafe sigprocmask(SIG_BLOCK, &blocked, &state.mask)
    _ = clinux_prctl(PR_SET_DUMPABLE, 0)
    unsafe getrlimit(coreSize, &state.coreLimit)
    unsafe getrlimit(fileSize, &state.fileSizeLimit)
    var none = rlimit(rlim_cur: 0, rlim_max: state.coreLimit.rlim_max)
    unsafe setrlimit(coreSize, &none)
    var most = rlimit(rlim_cur: state.fileSizeLimit.rlim_max, rlim_max: state.fileSizeLimit.rlim_max)
    unsafe setrlimit(fileSize, &most)
    return state
  }

  private init(creationMask: mode_t) { self.creationMask = creationMask }

  /// Immediately before execve.
  public func restore() {
    _ = umask(creationMask)
    unsafe withUnsafePointer(to: coreLimit) { unsafe _ = setrlimit(coreSize, $0) }
    unsafe withUnsafePointer(to: fileSizeLimit) { unsafe _ = setrlimit(fileSize, $0) }
    unsafe withUnsafePointer(to: mask) { unsafe _ = sigprocmask(SIG_SETMASK, $0, nil) }
  }

  private static func isOpen(_ fd: Int32) -> Bool {
    var s = stat()
    return unsafe fstat(fd, &s) == 0
  }
}

private let coreSize = __rlimit_resource_t(RLIMIT_CORE.rawValue)
private let fileSize = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
