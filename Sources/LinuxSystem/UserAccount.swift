internal import CLinux

/// A user, as nsswitch.conf(5) has them. To be asked by programs without capabilities only: plug-ins answer.
public struct UserAccount {
  public let name: [UInt8]
  public let uid: UInt32
  public let gid: UInt32
  public let home: [UInt8]
  /// May be empty.
  public let shell: [UInt8]
  /// All of them, the first one too.
  public let groups: [UInt32]

  /// By name, or else by number.
  public static func named(_ text: [UInt8]) -> UserAccount? {
    if let entry = unsafe getpwnam(String(decoding: text, as: UTF8.self)) { return unsafe UserAccount(entry.pointee) }
    return number(text).flatMap { of($0) }
  }

  public static func of(_ uid: UInt32) -> UserAccount? {
    guard let entry = unsafe getpwuid(uid) else { return nil }
    return unsafe UserAccount(entry.pointee)
  }

  /// By /etc/passwd alone, which needs no plug-in: for programs with capabilities.
  static func nameOfPasswd(_ uid: UInt32) -> [UInt8]? {
    let file = (try? FileDescriptor.open("/etc/passwd", FileDescriptor.readOnlyWithoutWaiting).readAll(limit: 1 << 24)) ?? []
    for line in file.split(separator: 0x0a) {
      let fields = line.split(separator: 0x3a, maxSplits: 3, omittingEmptySubsequences: false)
      if fields.count == 4, fields[2].elementsEqual("\(uid)".utf8) { return Array(fields[0]) }
    }
    return nil
  }

  private init(_ entry: passwd) {
    func text(_ start: UnsafeMutablePointer<CChar>?) -> [UInt8] {
      guard let start = unsafe start else { return [] }
      // SAFETY: a C string of libc's, valid until the next look-up, and copied before.
      return unsafe Array(UnsafeRawBufferPointer(start: start, count: strlen(start)))
    }
    let (uid, gid) = unsafe (entry.pw_uid, entry.pw_gid)
    let name = unsafe text(entry.pw_name)
    (self.name, self.uid, self.gid) = (name, uid, gid)
    unsafe (home, shell) = (text(entry.pw_dir), text(entry.pw_shell))
    // NGROUPS_MAX of the kernel.
    var groups = [gid_t](repeating: 0, count: 65536)
    var count = Int32(groups.count)
    _ = unsafe getgrouplist(String(decoding: name, as: UTF8.self), gid, &groups, &count)
    self.groups = Array(groups.prefix(Int(max(count, 0))))
  }

  /// What login(1) would set.
  public var variables: [(name: [UInt8], value: [UInt8])] {
    [("HOME", home), ("USER", name), ("LOGNAME", name), ("SHELL", shell)].map { (Array($0.0.utf8), $0.1) }
  }

  /// What leads to the caller's session, agents and tickets: nothing for another user.
  /// - Parameter name: of a variable.
  public static func isCallersAlone(_ name: some Collection<UInt8>) -> Bool {
    let names: [StaticString] = [
      "XDG_RUNTIME_DIR", "XDG_SESSION_ID", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", "SSH_AGENT_PID", "XAUTHORITY", "GPG_AGENT_INFO",
      "KRB5CCNAME",
    ]
    return name.starts(with: "SUDO_".utf8) || names.contains { $0.withUTF8Buffer { unsafe $0.elementsEqual(name) } }
  }

  /// `UID:GID:GROUP,GROUP`, as `CommandUser` reads it.
  public var numbers: String {
    groups.reduce("\(uid):\(gid):") { ($0.utf8.last == 0x3a ? $0 : $0 + ",") + "\($1)" }
  }
}

extension UserAccount {
  /// Decimal digits.
  public static func number(_ text: some Sequence<UInt8>) -> UInt32? {
    let digits = Array(text)
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt32(String(decoding: digits, as: UTF8.self))
  }
}
