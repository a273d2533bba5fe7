internal import Glibc

/// Who somebody is.
enum User {
  static var current: UInt32 { getuid() }
  static var isRoot: Bool { geteuid() == 0 }

  static func name(of uid: UInt32) -> String? {
    var buffer = [CChar](repeating: 0, count: 16384)
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    guard unsafe getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil else { return nil }
    return unsafe String(cString: entry.pw_name)
  }

  static func groupName(of gid: UInt32) -> String? {
    var buffer = [CChar](repeating: 0, count: 65536)
    var entry = unsafe group()
    var found: UnsafeMutablePointer<group>?
    guard unsafe getgrgid_r(gid, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil else { return nil }
    return unsafe String(cString: entry.gr_name)
  }
}
