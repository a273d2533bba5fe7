import CLinux
import Testing

@testable import LinuxSystem

@Suite struct LockHolderTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test func thisProcess() throws {
    let path = try folder.file("a")
    let first = try FileDescriptor.open(path, FileDescriptor.readOnly)
    let second = try FileDescriptor.open(path, FileDescriptor.readOnly)
    let before = LockHolder(of: second)
    #expect(before?.process.id == nil)
    #expect(try first.lock())
    #expect(try !second.lock())
    let found = LockHolder(of: second)
    let holder = try #require(found)
    #expect(holder.process.id == Process.id)
    #expect(holder.process.user == getuid())
    #expect(holder.description.hasPrefix("process \(Process.id) of "))
    #expect(holder.description.utf8.count < 140)
    first.unlock()
    let after = LockHolder(of: second)
    #expect(after?.process.id == nil)
    #expect(try second.lock())
  }

  @Test("What another file's lock says does not count") func another() throws {
    let locked = try FileDescriptor.open(try folder.file("a"), FileDescriptor.readOnly)
    let other = try FileDescriptor.open(try folder.file("b"), FileDescriptor.readOnly)
    #expect(try locked.lock())
    let holder = LockHolder(of: other)
    #expect(holder?.process.id == nil)
  }

  @Test("What any user can lock keeps no process for long") func briefly() throws {
    let path = try folder.file("a")
    let first = try FileDescriptor.open(path, FileDescriptor.readOnly)
    #expect(try first.lock())
    let second = try FileDescriptor.open(path, FileDescriptor.readOnly)
    second.lockBriefly()
    #expect(try !second.lock())
  }

  @Test func names() {
    #expect(UserAccount.nameOfPasswd(0) == Array("root".utf8))
    #expect(UserAccount.nameOfPasswd(4_294_967_294) == nil)
  }
}

@Suite(.serialized) struct SpeechTests {
  @Test("What is held back comes later, in order and where it belongs") func order() throws {
    var (one, other) = ([Int32](repeating: -1, count: 2), [Int32](repeating: -1, count: 2))
    #expect(unsafe clinux_pipe(&one) == 0 && clinux_pipe(&other) == 0)
    let first = FileDescriptor(owning: one[0])
    let second = FileDescriptor(owning: other[0])
    func isEmpty(_ fd: Int32) -> Bool {
      var ready = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
      return unsafe poll(&ready, 1, 0) == 0
    }
    say("a", to: one[1])
    Speech.holdBack()
    say("b", to: one[1])
    say("c", to: other[1])
    say("d", to: one[1])
    #expect(isEmpty(second.raw))
    Speech.goOn()
    say("e", to: one[1])
    close(one[1])
    close(other[1])
    #expect(try first.readAll(limit: 99) == Array("abde".utf8))
    #expect(try second.readAll(limit: 99) == Array("c".utf8))
  }
}
