internal import CCap
internal import CLinux
public import LinuxSystem

/// The capabilities that a program of ours may have.
public enum Capability: Int32, CaseIterable, Sendable {
  /// Files of root: the profile, and the sockets of a userspace WireGuard.
  case dacOverride = 1
  /// Groups and users of a command that root starts as another user: `CommandUser`.
  case setGID = 6
  case setUID = 7
  /// Links, addresses, routes, rules, nftables, WireGuard, sysctls of net.
  case netAdmin = 12
  /// Namespaces and mounts.
  case sysAdmin = 21

  public var name: String {
    switch self {
    case .dacOverride: "cap_dac_override"
    case .setGID: "cap_setgid"
    case .setUID: "cap_setuid"
    case .netAdmin: "cap_net_admin"
    case .sysAdmin: "cap_sys_admin"
    }
  }
}

/// This thread's capability sets. libcap's calls act on one thread only, so there must be no other: see `Process.isSingleThreaded`.
public enum Capabilities {
  /// What `restrict` has left, with what is effective at the moment. Nothing but this type changes the sets, so the kernel is not asked
  /// again before each of some twenty operations of a launch.
  private nonisolated(unsafe) static var current: cap_t?

  /// Keeps these in the permitted set and nothing in any other; gives the rest up for good.
  /// - Returns: `false` if one of them is not there.
  public static func restrict(to wanted: [Capability]) throws(SystemError) -> Bool {
    guard let now = unsafe cap_get_proc(), let next = unsafe cap_init() else { throw SystemError("cap_get_proc") }
    defer { unsafe _ = cap_free(UnsafeMutableRawPointer(now)) }
    for capability in wanted {
      var has = CAP_CLEAR
      guard unsafe cap_get_flag(now, capability.rawValue, CAP_PERMITTED, &has) == 0 else { throw SystemError("cap_get_flag") }
      guard has == CAP_SET else { return false }
      var value = capability.rawValue
      guard unsafe cap_set_flag(next, CAP_PERMITTED, 1, &value, CAP_SET) == 0 else { throw SystemError("cap_set_flag") }
    }
    guard unsafe cap_set_proc(next) == 0 else { throw SystemError("cap_set_proc") }
    try clearAmbient()
    forget()
    unsafe current = next
    return true
  }

  /// Makes capabilities effective for one operation. Raising what is not permitted throws EPERM; not being able to lower again
  /// ends the program.
  public static func raise<T: ~Copyable>(
    _ capabilities: Capability..., for body: () throws(SystemError) -> T
  ) throws(SystemError) -> T {
    try setEffective(capabilities, CAP_SET)
    defer {
      do throws(SystemError) { try setEffective(capabilities, CAP_CLEAR) } catch { _exit(125) }
    }
    return try body()
  }

  private static func setEffective(_ capabilities: [Capability], _ value: cap_flag_value_t) throws(SystemError) {
    guard let sets = unsafe current ?? cap_get_proc() else { throw SystemError("cap_get_proc") }
    defer { if unsafe current == nil { unsafe _ = cap_free(UnsafeMutableRawPointer(sets)) } }
    for capability in capabilities {
      var number = capability.rawValue
      guard unsafe cap_set_flag(sets, CAP_EFFECTIVE, 1, &number, value) == 0 else { throw SystemError("cap_set_flag") }
    }
    guard unsafe cap_set_proc(sets) == 0 else {
      // What is kept here must be what the kernel has.
      for capability in capabilities {
        var number = capability.rawValue
        _ = unsafe cap_set_flag(sets, CAP_EFFECTIVE, 1, &number, CAP_CLEAR)
      }
      throw SystemError("raise \(capabilities[0].name)")
    }
  }

  /// The kernel has changed the sets itself, as it does where the user changes: they are read again.
  static func forget() {
    if let sets = unsafe current { unsafe _ = cap_free(UnsafeMutableRawPointer(sets)) }
    unsafe current = nil
  }

  private static func clearAmbient() throws(SystemError) {
    try SystemError.check(clinux_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_CLEAR_ALL)), "clear ambient capabilities")
  }

  /// Empties permitted, effective, inheritable and ambient, reads them back, and proves by trying that no new network namespace
  /// can be made. The bounding set stays: without it a setuid program would run as root with no capabilities (CVE-2000-0506).
  public static func dropAll() throws(SystemError) {
    forget()
    guard let none = unsafe cap_init() else { throw SystemError("cap_init") }
    defer { unsafe _ = cap_free(UnsafeMutableRawPointer(none)) }
    try clearAmbient()
    guard unsafe cap_set_proc(none) == 0 else { throw SystemError("cap_set_proc") }
    guard let now = unsafe cap_get_proc() else { throw SystemError("cap_get_proc") }
    defer { unsafe _ = cap_free(UnsafeMutableRawPointer(now)) }
    guard unsafe cap_compare(now, none) == 0 else { throw SystemError("dropping capabilities", errno: EPERM) }
    guard clinux_unshare(CLONE_NEWNET) == -1, clinux_errno() == EPERM else {
      throw SystemError("dropping capabilities", errno: ENOTRECOVERABLE)
    }
  }
}
