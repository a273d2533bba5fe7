import CLinux
import Foundation
import LinuxSystem
import Privilege
import Testing

private func code(_ body: () throws -> Void) -> Int32? {
  do {
    try body()
    return nil
  } catch { return (error as? SystemError)?.errno }
}

/// A pinned namespace is believed by what its file is, not by where it lies.
@Suite struct PinnedNamespaceTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test("What is no pin") func refused() throws {
    let file = try folder.file("vpn-home")
    let link = try folder.link("vpn-link", to: "/proc/self/ns/net")
    let pipe = folder.path + "/pipe"
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    let cases: [(String, Int32)] = [
      (file, EINVAL), (folder.path, EINVAL), (pipe, EINVAL), ("/dev/null", EINVAL), ("/proc/version", EINVAL), (link, ELOOP),
      ("/proc/self/ns/net", ELOOP), (folder.path + "/none", ENOENT), (file + "/x", ENOTDIR), ("", ENOENT),
    ]
    for (path, expected) in cases { #expect(code { _ = try NetworkNamespace.pinned(at: path) } == expected, "\(path)") }
  }

  @Test("A real one", .enabled(if: isRoot, "mounts, which only root can: run as root, or by `unshare -Urnm`"))
  func real() async throws {
    let (pinned, made, left) = try await withCheckedThrowingContinuation {
      (answer: CheckedContinuation<(String, String, String), any Error>) in
      Thread.detachNewThread {
        answer.resume(
          with: Result {
            func current() throws -> String { try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self/ns/net") }
            try Mounts.unshare()
            try Mounts.tmpfs(on: "/run", source: "test", options: "mode=0755")
            let start = try NetworkNamespace.current()
            let made = try { () throws -> String in
              try NetworkNamespace.unshare()
              try Files.create("/run/pin", mode: 0, [])
              try Mounts.bind("/proc/thread-self/ns/net", on: "/run/pin")
              return try current()
            }()
            try start.enter()
            try NetworkNamespace.pinned(at: "/run/pin").enter()
            let pinned = try current()
            try start.enter()
            try Mounts.detach("/run/pin")
            return (pinned, made, try current())
          })
      }
    }
    #expect(pinned == made)
    #expect(left != made)
  }
}
