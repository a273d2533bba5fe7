import CLinux
import Foundation
import Privilege
import Testing

@testable import LinuxSystem

private let path = "/run/netns"

/// On a thread of its own, with an empty /run that is no shared mount.
private func inPrivateRun<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await withCheckedThrowingContinuation { answer in
    Thread.detachNewThread {
      answer.resume(
        with: Result {
          try Mounts.unshare()
          // The host's own, which `ip netns` has left there, would be counted.
          try sh("while mountpoint -q \(path); do umount -l \(path); done")
          try Mounts.tmpfs(on: "/run", source: "test", options: "mode=0755")
          // What is mounted below a slave goes nowhere, but a slave of a shared mount is none itself.
          try sh("mount --make-private /run; mkdir /run/netns")
          return try body()
        })
    }
  }
}

private func sh(_ line: String) throws {
  let (status, _) = try Child.run(["/bin/sh", "-ec", line].map { Array($0.utf8) })
  guard status == 0 else { throw SystemError(line, errno: status) }
}

/// Mount points at and below the folder, sorted; the folder with `+` if it is shared.
private func mounts() throws -> [String] {
  let text = try String(contentsOfFile: "/proc/thread-self/mountinfo", encoding: .utf8)
  return text.split(separator: "\n").map { $0.split(separator: " ") }.filter { $0[4].hasPrefix(path) }
    .map { $0[4].dropFirst("/run/".count) + ($0[4] == path && $0[6].hasPrefix("shared:") ? "+" : "") }.sorted()
}

private func bind(_ name: String) throws {
  try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try Mounts.bind("/proc/thread-self/ns/net", on: "\(path)/\(name)") }
}

private func pin(_ name: String) throws {
  let folder = try PinMount(path)
  try folder.cover()
  try sh("touch \(path)/\(name)")
  try bind(name)
  _ = folder
}

private func unpin(_ name: String) throws {
  let folder = try PinMount(path)
  try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try Mounts.detach("\(path)/\(name)") }
  try sh("rm \(path)/\(name)")
  try folder.uncover()
}

@Suite(.enabled(if: isRoot, "mounts")) struct PinMountTests {
  @Test("It is a mount from the first pin to the last, and no pin is there twice") func pins() async throws {
    let seen = try await inPrivateRun {
      var seen: [[String]] = []
      for step in [{ try pin("a") }, { try pin("b") }, { try sh("ip netns add c") }, { try unpin("a") }, { try unpin("b") }] {
        try step()
        seen.append(try mounts())
      }
      try sh("ip netns del c")
      try pin("a")
      try unpin("a")
      return seen + [try mounts()]
    }
    #expect(
      seen == [
        ["netns+", "netns/a"], ["netns+", "netns/a", "netns/b"], ["netns+", "netns/a", "netns/b", "netns/c"],
        ["netns+", "netns/b", "netns/c"], ["netns+", "netns/c"], [],
      ])
  }

  @Test("Pins that were there before come along, and are there once") func before() async throws {
    let seen = try await inPrivateRun {
      for name in ["old", "older"] {
        try sh("touch \(path)/\(name)")
        try bind(name)
      }
      try pin("a")
      let seen = try mounts()
      for name in ["old", "older", "a"] { try unpin(name) }
      return [seen, try mounts()]
    }
    #expect(seen == [["netns+", "netns/a", "netns/old", "netns/older"], []])
  }

  @Test("Where it is a mount already, or lies in a shared one, nothing is mounted and nothing removed")
  func others() async throws {
    let seen = try await inPrivateRun {
      try sh("ip netns add x; ip netns del x")
      try pin("a")
      try unpin("a")
      let byIPNetns = try mounts()
      try sh("umount -l \(path); mount --make-shared /run")
      try pin("a")
      let inShared = try mounts()
      try unpin("a")
      return [byIPNetns, inShared, try mounts()]
    }
    #expect(seen == [["netns+"], ["netns/a"], []])
  }

  @Test("A process that uses it, or a file that is no pin, keeps it") func inUse() async throws {
    let seen = try await inPrivateRun {
      try pin("a")
      let open = try FileDescriptor.openStrictly(path, FileDescriptor.folder)
      try unpin("a")
      let used = try mounts()
      _ = open.raw
      return used
    }
    #expect(seen == ["netns+"])
    let plain = try await inPrivateRun {
      try pin("a")
      try sh("touch \(path)/plain")
      try unpin("a")
      return try mounts()
    }
    #expect(plain == ["netns+"])
  }

  @Test("Any user can hold the lock: it goes on without") func lockedByOthers() async throws {
    let seen = try await inPrivateRun {
      let other = try FileDescriptor.openStrictly(path, FileDescriptor.folder)
      _ = try other.lock()
      try pin("a")
      _ = other.raw
      return try mounts()
    }
    #expect(seen == ["netns+", "netns/a"])
  }

  @Test("Several at the same time make one mount") func race() async throws {
    let seen = try await inPrivateRun {
      let group = DispatchGroup()
      let threads = 8
      // Threads share this one's view of files.
      for n in 0..<threads {
        group.enter()
        Thread.detachNewThread {
          defer { group.leave() }
          try? pin("p\(n)")
        }
      }
      group.wait()
      return try mounts()
    }
    #expect(seen == ["netns+"] + (0..<8).map { "netns/p\($0)" })
  }
}
