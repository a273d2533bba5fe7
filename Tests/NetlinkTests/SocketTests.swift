import CLinux
import Foundation
import LinuxSystem
import Privilege
import Testing

@testable import Netlink

private let isRoot = getuid() == 0
private let needsRoot: Comment = "makes network namespaces, which only root can: run as root, or by `unshare -Urnm`"

/// Runs `body` on a thread of its own that is alone in a new network namespace, which ends with it: CLONE_NEWNET, unlike CLONE_NEWUSER,
/// concerns one thread.
private func inNewNamespace<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await withCheckedThrowingContinuation { answer in
    Thread.detachNewThread {
      answer.resume(
        with: Result {
          try NetworkNamespace.unshare()
          return try body()
        })
    }
  }
}

private func refusal(_ body: () throws -> Void) -> SystemError? {
  do {
    try body()
    return nil
  } catch { return error as? SystemError }
}

/// RTM_NEWLINK of a bridge.
private func bridge(_ name: String, mtu: UInt32? = nil) -> Request {
  var p = Payload(ifinfomsg())
  p.attribute(n(IFLA_IFNAME), text: name)
  if let mtu { p.attribute(n(IFLA_MTU), mtu) }
  p.nested(n(IFLA_LINKINFO)) { $0.attribute(n(IFLA_INFO_KIND), text: "bridge") }
  return Request(n(RTM_NEWLINK), flags: n(NLM_F_CREATE) | n(NLM_F_EXCL), p)
}

private var allLinks: Request { Request(n(RTM_GETLINK), Payload(ifinfomsg())) }

private func names(_ messages: [Message]) -> [String] {
  messages.compactMap { $0.attributes(after: ifinfomsg.self).first { $0.type == n(IFLA_IFNAME) }?.text }
}

@Suite(.enabled(if: isRoot, needsRoot)) struct SocketTests {
  @Test("A refusal has the kernel's errno and its own sentence") func refused() async throws {
    let (taken, wrong) = try await inNewNamespace {
      var socket = try NetlinkSocket(.route)
      try socket.perform(bridge("br0"))
      return (refusal { try socket.perform(bridge("br0")) }, refusal { try socket.perform(bridge("br1", mtu: 7)) })
    }
    #expect(taken?.errno == EEXIST)
    #expect(wrong?.errno == EINVAL)
    #expect(wrong?.kernelSays == "mtu less than device minimum")
    #expect(wrong?.description == "netlink: Invalid argument (mtu less than device minimum)")
  }

  @Test("A refusal leaves the socket usable") func usable() async throws {
    let found = try await inNewNamespace {
      var socket = try NetlinkSocket(.route)
      for i in 0..<20 { _ = refusal { try socket.perform(bridge(i % 2 == 0 ? "br\(i)" : "a name that is too long")) } }
      return names(try socket.dump(allLinks))
    }
    #expect(Set(found) == Set(["lo"] + stride(from: 0, to: 20, by: 2).map { "br\($0)" }))
  }

  @Test("A dump of several datagrams is what `ip -j link` says") func dump() async throws {
    let (ours, theirs) = try await inNewNamespace {
      var socket = try NetlinkSocket(.route)
      for i in 0..<60 { try socket.perform(bridge("br\(i)")) }
      let messages = try socket.dump(allLinks)
      let (_, text) = try Child.run(["/usr/sbin/ip", "-j", "link"].map { Array($0.utf8) })
      let objects = try JSONSerialization.jsonObject(with: Data(text)) as? [[String: Any]] ?? []
      return (
        zip(names(messages), messages.compactMap { $0.header(ifinfomsg.self)?.ifi_index }).map { "\($1) \($0)" },
        objects.map { "\($0["ifindex"] ?? "") \($0["ifname"] ?? "")" }
      )
    }
    #expect(ours.count == 61)
    #expect(ours == theirs)
  }

  @Test("A socket stays in the namespace where it was opened") func namespace() async throws {
    let (first, second) = try await inNewNamespace {
      var socket = try NetlinkSocket(.route)
      try NetworkNamespace.unshare()
      try socket.perform(bridge("br0"))
      var here = try NetlinkSocket(.route)
      return (names(try socket.dump(allLinks)), names(try here.dump(allLinks)))
    }
    #expect(first == ["lo", "br0"])
    #expect(second == ["lo"])
  }

  @Test("One answer") func one() async throws {
    let (index, missing) = try await inNewNamespace {
      var socket = try NetlinkSocket(.route)
      func get(_ name: String) throws -> Int32? {
        var p = Payload(ifinfomsg())
        p.attribute(n(IFLA_IFNAME), text: name)
        return try socket.get(Request(n(RTM_GETLINK), p)).header(ifinfomsg.self)?.ifi_index
      }
      return (try get("lo"), refusal { _ = try get("nobody") })
    }
    #expect(index == 1)
    #expect(missing?.errno == ENODEV)
  }

  @Test("Descriptors are born close-on-exec") func closeOnExec() throws {
    let socket = try NetlinkSocket(.route)
    let flags = try String(contentsOfFile: "/proc/self/fdinfo/\(socket.raw)", encoding: .utf8)
    let word = try #require(flags.split(separator: "\n").first { $0.hasPrefix("flags:") }?.split(separator: "\t").last)
    #expect(Int(word, radix: 8)! & 0o2000000 != 0)
  }
}
