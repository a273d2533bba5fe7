internal import CLinux
public import LinuxSystem

/// The user of a command that root has started for another user. Numbers only: a program with capabilities asks no plug-in.
public struct CommandUser: Sendable {
  public let uid: UInt32
  public let gid: UInt32
  public let groups: [UInt32]

  public init?(_ text: some Collection<UInt8>) {
    let parts = text.split(separator: 0x3a, omittingEmptySubsequences: false)
    guard parts.count == 3, let uid = UserAccount.number(parts[0]), let gid = UserAccount.number(parts[1]), uid != .max, gid != .max else {
      return nil
    }
    let words = parts[2].split(separator: 0x2c)
    let groups = words.compactMap { UserAccount.number($0) }
    guard groups.count == words.count else { return nil }
    (self.uid, self.gid, self.groups) = (uid, gid, groups)
  }

  /// Groups first, for who has left root's user cannot change them; real, effective and saved ids at once. There is no way back: that is
  /// tried. Needs CAP_SETGID and CAP_SETUID.
  public func become() throws(SystemError) {
    _ = try Capabilities.raise(.setGID, .setUID) { () throws(SystemError) in
      try SystemError.check(unsafe clinux_become(uid, gid, groups, groups.count), "become uid \(uid)")
      Capabilities.forget()
    }
    guard uid == 0 || (getuid() == uid && geteuid() == uid && getgid() == gid && getegid() == gid && setuid(0) == -1) else {
      throw SystemError("become uid \(uid)", errno: ENOTRECOVERABLE)
    }
  }
}
