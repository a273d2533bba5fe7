internal import CLinux
public import LinuxSystem

/// A Landlock domain that only scopes: the command can no longer trace or read processes outside it (and so borrow their sockets),
/// and everything else works as before, sudo included. Needs CAP_SYS_ADMIN, so that no_new_privs is not needed.
/// - Returns: `false` before Linux 6.12 or where Landlock is not enabled.
public func restrictTracingToOwnDomain() throws(SystemError) -> Bool {
  if clinux_landlock_scope() == 0 { return true }
  let code = clinux_errno()
  guard code == ENOTSUP || code == EOPNOTSUPP || code == ENOSYS else { throw SystemError("landlock", errno: code) }
  return false
}
