internal import CLinux
public import LinuxSystem

/// A Landlock domain that only scopes: the command can no longer trace or read processes outside it (and so borrow their sockets),
/// and everything else works as before, sudo included. Needs CAP_SYS_ADMIN, so that no_new_privs is not needed.
/// - Parameter withSignals: nor can it send signals to them, which a PID namespace alone leaves possible: to its process group.
/// - Returns: `false` before Linux 6.12 or where Landlock is not enabled.
public func restrictTracingToOwnDomain(withSignals: Bool) throws(SystemError) -> Bool {
  if clinux_landlock_scope(withSignals ? 1 : 0) == 0 { return true }
  let code = clinux_errno()
  guard code == ENOTSUP || code == EOPNOTSUPP || code == ENOSYS else { throw SystemError("landlock", errno: code) }
  return false
}

/// Programs can put characters into a terminal as if they had been typed there (TIOCSTI; on the console TIOCLINUX, by its selection), for the
/// shell that reads them next. From now on neither this process nor its children can; a terminal works as before otherwise. Needs
/// CAP_SYS_ADMIN, so that no_new_privs is not needed.
public func forbidTyping() throws(SystemError) { try SystemError.check(clinux_forbid_typing(), "seccomp") }

/// no_new_privs, so that no program in the command has more rights than the command; and no socket of a kind that has no network namespace, or
/// whose peer is another program than those of the internet (AF_VSOCK, AF_ALG, AF_BLUETOOTH and so on). Typing into a terminal, too.
/// (The bounding set can be cleared with CAP_SETPCAP only, and counts for nothing under no_new_privs.)
public func refuseWaysOut() throws(SystemError) { try SystemError.check(clinux_refuse_ways_out(), "seccomp") }
