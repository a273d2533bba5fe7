import CLinux
import Testing

@testable import LinuxSystem

@Suite struct PrivateFolderTests {
  private func make(_ path: String) throws(Failure) { try Files.makePrivateFolder(Array(path.utf8)) }
  private func mode(_ path: String) -> UInt32? { FileStatus.of(path)?.mode }

  @Test func made() throws {
    let folder = try TestFolder()
    try make("\(folder.path)/a/b/c")
    #expect(mode("\(folder.path)/a") == 0o700 && mode("\(folder.path)/a/b/c") == 0o700)
    // A second time, and after a change of its mode.
    #expect(unsafe chmod("\(folder.path)/a/b/c", 0o755) == 0)
    try make("\(folder.path)/a//b/c/")
    #expect(mode("\(folder.path)/a/b/c") == 0o755)
  }

  @Test func own() throws {
    let folder = try TestFolder()
    let link = try folder.link("link", to: folder.path)
    try make("\(link)/x")
    #expect(mode("\(folder.path)/x") == 0o700)
    #expect(throws: Failure("\(try folder.link("nowhere", to: "/nowhere/at/all")) is a link that leads nowhere")) {
      try make("\(folder.path)/nowhere/x")
    }
    #expect(throws: Failure("\(try folder.file("file")) is not a folder")) { try make("\(folder.path)/file/x") }
  }

  @Test(.enabled(if: isRoot)) func foreign() throws {
    let folder = try TestFolder()
    let link = try folder.link("link", to: "/")
    #expect(unsafe lchown(link, 1, 1) == 0)
    #expect(throws: Failure("\(link) is another user's link: it is not followed")) { try make("\(link)/tmp/x") }
    let other = try folder.folder("other")
    #expect(unsafe chown(other, 1, 1) == 0)
    #expect(throws: Failure.self) { try make(other) }
  }

  @Test func programs() throws {
    let folder = try TestFolder()
    _ = try folder.link("x-browser", to: "/bin/sleep")
    #expect(Files.programBehind(Array("\(folder.path)/x-browser".utf8)) == Files.programBehind(Array("sleep".utf8)))
    #expect(Files.programBehind(Array("no-such-program".utf8)) == nil && Files.programBehind([]) == nil)
    #expect(Files.isScript(Array(try folder.file("script", "#!/bin/sh").utf8)))
    #expect(!Files.isScript(Array("/bin/sleep".utf8)) && !Files.isScript(Array("/no/file".utf8)))
  }
}
