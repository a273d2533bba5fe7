internal import CLinux

/// A Landlock domain that only scopes: the command can no longer trace or read processes outside it (and so borrow their sockets),
/// and everything else works as before, sudo included. Needs CAP_SYS_ADMIN, so that no_new_privs is not needed.
/// - Returns: `false` before Linux 6.12 or where Landlock is not enabled.
public func restrictTracingToOwnDomain() throws(SystemError) -> Bool {
  if clinux_landlock_scope() == 0 { return true }
  let code = clinux_errno()
  guard code == ENOTSUP || code == EOPNOTSUPP || code == ENOSYS else { throw SystemError("landlock", errno: code) }
  return false
}

/// One line for the system's log, if one listens: as private as what sudo(8) logs (LOG_AUTHPRIV, LOG_INFO). Sent without syslog(3), which
/// reads the time zone's file and the environment.
public func log(_ line: String, as program: String) {
  let text = Array("<86>\(program)[\(getpid())]: \(line)".utf8)
  unsafe text.withUnsafeBytes { unsafe _ = clinux_send_datagram("/dev/log", $0.baseAddress!, $0.count) }
}
