internal import CLinux
public import LinuxSystem

extension ControlGroup {
  /// Makes it, and puts this process into it: all Internet sockets that it makes from then on have the mark, and so it is with its children.
  /// Needs CAP_DAC_OVERRIDE, CAP_SYS_ADMIN and CAP_NET_ADMIN, which are raised for it.
  /// - Throws: EEXIST if it is there.
  public func enter(marking mark: UInt32) throws(SystemError) {
    try Capabilities.raise(.dacOverride) { () throws(SystemError) in try Files.makeDirectory(folder, mode: 0o755) }
    do throws(SystemError) {
      let opened = try FileDescriptor.open(folder, FileDescriptor.folder)
      try Capabilities.raise(.sysAdmin, .netAdmin) { () throws(SystemError) in
        _ = try SystemError.check(clinux_mark_sockets(opened.raw, mark), "mark the sockets of a cgroup (bpf)")
      }
      try Capabilities.raise(.dacOverride) { () throws(SystemError) in
        try FileDescriptor.open("\(folder)/cgroup.procs", O_WRONLY).writeAll(Array("0".utf8))
      }
    } catch {
      try? remove()
      throw error
    }
  }

  /// Only one that has no process.
  public func remove() throws(SystemError) {
    try Capabilities.raise(.dacOverride) { () throws(SystemError) in try Files.removeDirectory(folder) }
  }
}
