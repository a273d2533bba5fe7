import CLinux
import Foundation
import Testing

@testable import LinuxSystem

@Suite struct FilesTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test func names() throws {
    for name in ["a.conf", ".hidden", "ü"] { _ = try folder.file(name) }
    let found = try Files.names(in: folder.path).map { String(decoding: $0, as: UTF8.self) }
    #expect(Set(found) == [".", "..", "a.conf", ".hidden", "ü"])
    #expect(throws: SystemError.self) { try Files.names(in: "/no/such/folder") }
  }

  @Test("Numbers among names: descriptors, threads, processes") func numericNames() throws {
    for name in ["7", "42", "1a", "x", "999999999", "12345678901"] { _ = try folder.file(name) }
    let found = try LinuxSystem.Process.numericNames(in: folder.path)
    #expect(Set(found).isSuperset(of: [7, 42, 999_999_999]))
    #expect(!found.contains(0))
    #expect(try LinuxSystem.Process.numericNames(in: "/proc/self/task").contains(getpid()))
    let open = try FileDescriptor.open("/", FileDescriptor.folder)
    #expect(try LinuxSystem.Process.numericNames(in: "/proc/self/fd").contains(open.raw))
  }

  @Test func creating() throws {
    let path = folder.path + "/new"
    try Files.create(path, mode: 0o400, Array("text".utf8))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "text")
    #expect(throws: SystemError.self) { try Files.create(path, mode: 0o400, []) }
    // A link that leads nowhere is not followed to make a file there.
    _ = try folder.link("l", to: folder.path + "/elsewhere")
    #expect(throws: SystemError.self) { try Files.create(folder.path + "/l", mode: 0o400, []) }
    #expect(!Files.exists(folder.path + "/elsewhere"))
    try Files.remove(path)
    #expect(!Files.exists(path))
    #expect(throws: SystemError.self) { try Files.remove(path) }
  }

  @Test func directories() throws {
    try Files.makeDirectory(folder.path + "/inner", mode: 0o755)
    #expect(Files.isDirectory(folder.path + "/inner"))
    #expect(throws: SystemError.self) { try Files.makeDirectory(folder.path + "/inner", mode: 0o755) }
    #expect(!Files.isDirectory(try folder.link("l", to: "inner")))
    #expect(!Files.isDirectory(try folder.file("a")))
    #expect(!Files.isDirectory(folder.path + "/none"))
  }

  @Test("The folder above the program's own") func prefix() throws {
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    #expect(try Files.prefix() == URL(fileURLWithPath: program).deletingLastPathComponent().deletingLastPathComponent().path)
  }
}
