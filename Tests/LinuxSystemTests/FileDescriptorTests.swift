import CLinux
import Foundation
import LinuxSystem
import Testing

private func code(_ body: () throws -> Void) -> Int32? {
  do {
    try body()
    return nil
  } catch { return (error as? SystemError)?.errno }
}

@Suite struct FileDescriptorTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test func reading() throws {
    let file = try FileDescriptor.open(folder.file("a", String(repeating: "x", count: 40_000)), FileDescriptor.readOnly)
    #expect(code { _ = try file.readAll(limit: 39_999) } == EFBIG)
    let again = try FileDescriptor.open("\(folder.path)/a", FileDescriptor.readOnly)
    #expect(try again.readAll(limit: 40_000).count == 40_000)
    #expect(try again.readAll(limit: 0).isEmpty)
  }

  @Test("Closed exactly once, and born close-on-exec") func owned() throws {
    let path = try folder.file("a")
    func fdinfo(_ fd: Int32) -> String? { try? String(contentsOfFile: "/proc/self/fdinfo/\(fd)", encoding: .utf8) }
    func target(_ fd: Int32) -> String? { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(fd)") }
    let raw: Int32
    do {
      let file = try FileDescriptor.open(path, FileDescriptor.readOnly)
      raw = file.raw
      #expect(target(raw) == path)
      let flags = fdinfo(raw)?.split(separator: "\n").first { $0.hasPrefix("flags:") }?.split(separator: "\t").last
      #expect(Int(flags ?? "", radix: 8)! & 0o2000000 != 0)
      _ = file
    }
    #expect(target(raw) != path)
  }

  @Test func status() throws {
    let path = try folder.file("a")
    unsafe chmod(path, 0o644)
    let file = try FileDescriptor.open(path, FileDescriptor.readOnly)
    let before = try file.status()
    #expect(before.owner == getuid())
    #expect(before.links == 1)
    #expect(before.isRegular)
    #expect(!before.isWritableByOthers)
    unsafe chmod(path, 0o620)
    unsafe link(path, "\(folder.path)/b")
    #expect(try file.status().links == 2)
    #expect(try file.status().isWritableByOthers)
    unsafe chmod(path, 0o602)
    #expect(try file.status().isWritableByOthers)
    #expect(try !FileDescriptor.open(folder.path, FileDescriptor.folder).status().isRegular)
    #expect(try !file.isOnFUSE())
  }

  @Test("A lock is one holder's") func lock() throws {
    let path = try folder.file("a")
    let first = try FileDescriptor.open(path, FileDescriptor.readOnly)
    let second = try FileDescriptor.open(path, FileDescriptor.readOnly)
    #expect(try first.lock())
    #expect(try first.lock())
    #expect(try !second.lock())
  }
}

/// No link is followed, in no part of the path.
@Suite struct StrictOpeningTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test func plainPaths() throws {
    let path = try folder.file("a", "text")
    #expect(try FileDescriptor.openStrictly(path, FileDescriptor.readOnly).readAll(limit: 9) == Array("text".utf8))
    #expect(code { _ = try FileDescriptor.openStrictly("\(folder.path)/none", FileDescriptor.readOnly) } == ENOENT)
    #expect(code { _ = try FileDescriptor.openStrictly(path, FileDescriptor.folder) } == ENOTDIR)
  }

  @Test func links() throws {
    let file = try folder.file("a")
    _ = try folder.folder("inner")
    _ = try folder.file("inner/b")
    for path in [
      try folder.link("l", to: file), try folder.link("dangling", to: "/no/such"), try folder.link("f", to: "inner") + "/b",
      "/proc/self/exe",
      "/proc/self/cwd/a",
    ] { #expect(code { _ = try FileDescriptor.openStrictly(path, FileDescriptor.readOnly) } == ELOOP, "\(path)") }
  }

  @Test("In a folder, and nowhere else") func beneath() throws {
    let file = try folder.file("a", "text")
    _ = try folder.link("l", to: "a")
    _ = try folder.folder("inner")
    let inner = try FileDescriptor.openStrictly("\(folder.path)/inner", FileDescriptor.folder)
    let outer = try FileDescriptor.openStrictly(folder.path, FileDescriptor.folder)
    #expect(try outer.openStrictly(in: "a", FileDescriptor.readOnly).readAll(limit: 9) == Array("text".utf8))
    #expect(code { _ = try outer.openStrictly(in: "l", FileDescriptor.readOnly) } == ELOOP)
    for name in ["../a", file, "..", "/"] {
      #expect(code { _ = try inner.openStrictly(in: name, FileDescriptor.readOnly) } == EXDEV, "\(name)")
    }
    #expect(code { _ = try outer.openStrictly(in: "none", FileDescriptor.readOnly) } == ENOENT)
  }

  @Test("Not on another file system") func otherFileSystem() throws {
    let root = try FileDescriptor.openStrictly("/", FileDescriptor.folder)
    #expect(code { _ = try root.openStrictly(in: "proc/version", FileDescriptor.readOnly) } == EXDEV)
    #expect(code { _ = try root.openStrictly(in: "etc/passwd", FileDescriptor.readOnly) } == nil)
  }
}

/// What takes the place of openat2(2) where a sandbox has none, beside openat2(2) itself.
@Suite struct WalkTests {
  private let folder: TestFolder
  private let strict = UInt64(RESOLVE_BENEATH | RESOLVE_NO_XDEV)

  init() throws {
    folder = try TestFolder()
    try FileManager.default.createDirectory(atPath: "\(folder.path)/sub/deep", withIntermediateDirectories: true)
    for (path, target) in [
      ("link", "a"), ("away", "/etc/passwd"), ("sub/up", "../a"), ("into", "sub"), ("loop", "loop"), ("fd", "/proc/self/fd/0"),
      ("long", "into/up"), ("dangling", "none"), ("process", "/proc/self"),
    ] { unsafe symlink(target, "\(folder.path)/\(path)") }
    _ = try folder.file("a")
    _ = try folder.file("sub/deep/b")
  }

  /// 0, or the error number.
  private func result(_ fd: Int32) -> Int32 {
    guard fd >= 0 else { return clinux_errno() }
    close(fd)
    return 0
  }

  @Test(
    "Below a folder, and by a whole path, with no link at all",
    arguments: [
      "a", "./a", "sub/deep/b", "sub//deep/./b", "link", "away", "into/deep/b", "sub/up", "none", "none/b", "a/b", "sub", "sub/", "a/",
      "fd", "loop", "/etc", "",
    ])
  func strictly(name: String) throws {
    let at = unsafe open(folder.path, O_RDONLY | O_DIRECTORY)
    defer { close(at) }
    // O_PATH, which <fcntl.h> has for GNU's extensions only.
    let asItself: Int32 = 0x20_0000
    for flags in [O_RDONLY, O_RDONLY | O_DIRECTORY, asItself] {
      let below = unsafe result(clinux_open_strict(at, name, flags, strict))
      #expect(unsafe result(clinux_walk_strict(at, name, flags, strict)) == below, "\(name) \(flags)")
      let whole = "\(folder.path)/\(name)"
      #expect(
        unsafe result(clinux_walk_strict(AT_FDCWD, whole, flags, 0)) == result(clinux_open_strict(AT_FDCWD, whole, flags, 0)), "\(whole)")
    }
  }

  @Test("Upwards never, and into no other mount") func bounds() throws {
    let at = unsafe open(folder.path, O_RDONLY | O_DIRECTORY)
    let root = unsafe open("/", O_RDONLY | O_DIRECTORY)
    defer {
      close(at)
      close(root)
    }
    #expect(unsafe result(clinux_walk_strict(at, "../x", O_RDONLY, strict)) == EXDEV)
    #expect(unsafe result(clinux_walk_strict(at, "sub/../a", O_RDONLY, strict)) == EXDEV)
    #expect(unsafe result(clinux_walk_strict(root, "proc/version", O_RDONLY, strict)) == EXDEV)
    #expect(unsafe result(clinux_walk_strict(root, "proc/version", O_RDONLY, 0)) == 0)
    #expect(unsafe result(clinux_walk_strict(at, "new", O_RDONLY | O_CREAT, strict)) == EINVAL)
    #expect(unsafe result(clinux_walk_strict(at, String(repeating: "x", count: 300), O_RDONLY, strict)) == ENAMETOOLONG)
  }

  @Test(
    "By links, but by none of another process's",
    arguments: ["a", "link", "away", "into/deep/b", "sub/up", "long", "loop", "fd", "dangling", "none", "a/b", "link/b", "into/", "sub/.."])
  func byLinks(name: String) throws {
    let path = "\(folder.path)/\(name)"
    #expect(unsafe result(clinux_walk_by_links(path, O_RDONLY)) == result(clinux_open_by_links(path, O_RDONLY)), "\(name)")
  }

  @Test("Links of procfs are refused, all of them") func procfs() {
    #expect(unsafe result(clinux_walk_by_links("\(folder.path)/process/status", O_RDONLY)) == ELOOP)
    #expect(unsafe result(clinux_walk_by_links("/proc/self/exe", O_RDONLY)) == ELOOP)
  }
}
