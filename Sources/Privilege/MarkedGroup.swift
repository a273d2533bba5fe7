internal import CLinux
public import LinuxSystem

extension ControlGroup {
  /// Makes one in it, and puts this process there: all Internet sockets that it makes from then on have the mark, and so it is with its
  /// children. Needs CAP_DAC_OVERRIDE, CAP_SYS_ADMIN and CAP_NET_ADMIN, which are raised for it.
  public borrowing func enterInner(_ name: String, marking mark: UInt32) throws(SystemError) {
    do throws(SystemError) { try make(name) } catch {
      // One of a process that had our number, and was killed with the one beside it.
      guard error.isExisting else { throw error }
      try removeInner(name)
      try make(name)
    }
    do throws(SystemError) {
      let made = try inner(name)
      try Capabilities.raise(.sysAdmin, .netAdmin) { () throws(SystemError) in
        _ = try SystemError.check(clinux_mark_sockets(made.folder.raw, mark), "mark the sockets of a cgroup (bpf)")
      }
      try Capabilities.raise(.dacOverride) { () throws(SystemError) in
        try made.folder.openStrictly(in: "cgroup.procs", O_WRONLY).writeAll(Array("0".utf8))
      }
    } catch {
      try? removeInner(name)
      throw error
    }
  }

  private borrowing func make(_ name: String) throws(SystemError) {
    try Capabilities.raise(.dacOverride) { () throws(SystemError) in
      _ = try SystemError.check(unsafe mkdirat(folder.raw, name, 0o755), "make a cgroup")
    }
  }

  /// Only one that has no process.
  public borrowing func removeInner(_ name: String) throws(SystemError) {
    try Capabilities.raise(.dacOverride) { () throws(SystemError) in
      _ = try SystemError.check(unsafe unlinkat(folder.raw, name, Int32(AT_REMOVEDIR)), "remove a cgroup")
    }
  }
}
