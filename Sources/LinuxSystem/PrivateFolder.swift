internal import CLinux

extension Files {
  /// Makes a folder that only this user can enter, and those above it that are missing; one that is there is left as it is. It must belong to
  /// this user; a link on the way to it to this user or to root, so that no other user leads the way.
  public static func makePrivateFolder(_ path: [UInt8]) throws(Failure) {
    var end = path.startIndex
    while end < path.endIndex {
      end = path[(end + 1)...].firstIndex(of: 0x2f) ?? path.endIndex
      try step(Array(path[..<end]), isLast: end == path.endIndex)
    }
  }

  private static func step(_ path: [UInt8], isLast: Bool) throws(Failure) {
    let text = StringVector([path])
    let shown = String(printable: path)
    let made = unsafe mkdir(text.pointers[0]!, 0o700)
    let code = made == 0 ? 0 : clinux_errno()
    var s = stat()
    guard unsafe lstat(text.pointers[0]!, &s) == 0 else {
      throw Failure("cannot make the folder \(shown): \(SystemError("mkdir", errno: code))")
    }
    if clinux_is_link(s.st_mode) != 0 {
      guard s.st_uid == getuid() || s.st_uid == 0 else { throw Failure("\(shown) is another user's link: it is not followed") }
      guard unsafe stat(text.pointers[0]!, &s) == 0 else { throw Failure("\(shown) is a link that leads nowhere") }
    }
    guard clinux_is_directory(s.st_mode) != 0 else { throw Failure("\(shown) is not a folder") }
    guard !isLast || s.st_uid == getuid() else {
      throw Failure("the folder \(shown) belongs to another user: name one of your own, --separate=FOLDER")
    }
  }
}
