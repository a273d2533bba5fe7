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
    #expect(try first.lock(waiting: false))
    #expect(try first.lock(waiting: true))
    #expect(try !second.lock(waiting: false))
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
