internal import CLinux
public import LinuxSystem

/// A command in a PID namespace of its own is three processes. They have one process group, so that a terminal's signals reach the command as
/// they always do, and pipelines, ^C and ^Z work.
public enum ProcessRole {
  /// Becomes the command.
  case command
  /// Number 1 in there, to which orphans come. It lives as long as any of them.
  case first(pipe: Int32)
  /// The one that the caller knows: it stays outside, stops as the command stops, and ends as it ends.
  /// - Parameter terminal: open, if its group had the terminal at first.
  case outer(command: Int32, pipe: Int32, terminal: Int32?)

  /// Makes the namespaces of processes and of System V's IPC, and the two other processes. Each of the three has its rights still.
  public static func part() throws(SystemError) -> ProcessRole {
    var ends: [Int32] = [-1, -1]
    try SystemError.check(unsafe clinux_pipe(&ends), "pipe")
    let terminal = unsafe clinux_open("/dev/tty", O_RDWR | O_NOCTTY, 0)
    let isForeground = tcgetpgrp(terminal) == getpgrp()
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in
      _ = try SystemError.check(clinux_unshare(CLONE_NEWPID | CLONE_NEWIPC), "unshare the PID namespace")
    }
    if try SystemError.check(fork(), "fork") == 0 {
      for fd in [ends[1], terminal] { _ = close(fd) }
      return .first(pipe: ends[0])
    }
    _ = close(ends[0])
    let before = Child.keepEnded()
    let command = try SystemError.check(fork(), "fork")
    if command != 0 { return .outer(command: command, pipe: ends[1], terminal: isForeground ? terminal : nil) }
    _ = close(ends[1])
    _ = signal(SIGCHLD, before)
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try Mounts.processes() }
    return .command
  }

  /// Does what this one is for; returns in the command only. All signals are blocked.
  /// - Parameter errors: closed by the other two, as the three standard descriptors are: what reads from the command waits for its end.
  public func serve(_ errors: Int32) {
    guard case .command = self else {
      for fd in [0, 1, 2, errors] { _ = close(fd) }
      if case .outer(let command, let pipe, let terminal) = self { Self.attend(command, pipe, terminal) }
      if case .first(let pipe) = self { Self.collect(pipe) }
      return
    }
  }

  private static func collect(_ pipe: Int32) -> Never {
    _ = clinux_ignore_signal(SIGCHLD)
    var byte: UInt8 = 0
    var got: Int
    repeat { got = unsafe read(pipe, &byte, 1) } while got < 0 && clinux_errno() == EINTR
    // Without a word, the outer one was killed. The kernel ends all others with this one.
    if got != 1 { _exit(0) }
    while wait(nil) >= 0 || clinux_errno() == EINTR {}
    _exit(0)
  }

  private static func attend(_ command: Int32, _ pipe: Int32, _ terminal: Int32?) -> Never {
    // For ps(1) and the like, as the command is.
    _ = clinux_prctl(PR_SET_DUMPABLE, 1)
    var all = sigset_t()
    unsafe sigfillset(&all)
    // It has gone on by itself: who continues a job continues the whole group.
    var hasContinued = false
    while true {
      var info = unsafe siginfo_t()
      let number = unsafe sigwaitinfo(&all, &info)
      var status: Int32 = 0
      while unsafe waitpid(command, &status, WNOHANG | WUNTRACED | WCONTINUED) == command {
        let stop = clinux_stop_signal(status)
        hasContinued = clinux_has_continued(status) != 0
        if stop != 0 { suffer(stop) }
        if stop != 0 || hasContinued { continue }
        // A shell in there that had the terminal cannot give it back to a group that it does not see.
        if let terminal, kill(-tcgetpgrp(terminal), 0) < 0 { tcsetpgrp(terminal, getpgrp()) }
        _ = unsafe write(pipe, "", 1)
        // The command has left a core, if any is to be left.
        _ = clinux_prctl(PR_SET_DUMPABLE, 0)
        suffer(clinux_end_signal(status))
        _exit(clinux_exit_status(status))
      }
      if number == SIGCONT, hasContinued {
        hasContinued = false
      } else if number > 0, number != SIGCHLD, unsafe info.si_code <= 0 || !isTerminals(number) {
        kill(command, number)
      }
    }
  }

  /// The terminal sends these to the whole group.
  private static func isTerminals(_ number: Int32) -> Bool {
    [SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGWINCH].contains(number)
  }

  /// What has happened to the command happens to this process. (If the same signal from the terminal waits already, both are one.)
  private static func suffer(_ number: Int32) {
    guard number != 0 else { return }
    var only = sigset_t()
    unsafe sigemptyset(&only)
    unsafe sigaddset(&only, number)
    signal(number, nil)
    kill(getpid(), number)
    unsafe sigprocmask(SIG_UNBLOCK, &only, nil)
    unsafe sigprocmask(SIG_BLOCK, &only, nil)
  }
}
