internal import CLinux
public import LinuxSystem

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
