import Foundation
import LinuxSystem
import Privilege
import Testing

/// Live tests make network namespaces, which is root's right (`unshare -Urnm swift test` will do).
let isRoot = getuid() == 0

extension Trait where Self == ConditionTrait {
  static var needsRoot: Self { .enabled(if: isRoot, "makes network namespaces, which only root can: run as root, or by `unshare -Urnm`") }
}

/// Runs `body` on a thread of its own that is alone in a new network namespace, which ends with it: CLONE_NEWNET and CLONE_NEWNS, unlike
/// CLONE_NEWUSER, concern one thread. With `privateRun` it also sees an empty /run of its own.
///
/// Expectations belong outside: Swift Testing knows the current test by its task.
func inNewNamespace<T: Sendable>(privateRun: Bool = false, _ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await withCheckedThrowingContinuation { answer in
    Thread.detachNewThread {
      answer.resume(
        with: Result {
          if privateRun {
            try Mounts.unshare()
            try Mounts.tmpfs(on: "/run", source: "test", options: "mode=0755")
          }
          try NetworkNamespace.unshare()
          return try body()
        })
    }
  }
}

/// The errno with which something is refused; `nil` if it is not.
func refusal(_ body: () throws -> Void) -> Int32? {
  do {
    try body()
    return nil
  } catch { return (error as? SystemError)?.errno }
}

struct ToolFailure: Error, CustomStringConvertible {
  var description: String
}

/// The standard output of a program, run in this thread's namespaces.
@discardableResult
func run(_ arguments: String...) throws -> String {
  let (status, output) = try Child.run(arguments.map { Array($0.utf8) })
  guard status == 0 else { throw ToolFailure(description: "\(arguments) ended with \(status)") }
  return String(decoding: output, as: UTF8.self)
}

@discardableResult
func ip(_ line: String) throws -> String { try run("/bin/sh", "-c", "exec /usr/sbin/ip \(line)") }

@discardableResult
func nft(_ text: String) throws -> String { try run("/usr/sbin/nft", text) }

/// What `ip -j` prints, as objects.
func ipObjects(_ line: String) throws -> [[String: any Sendable]] {
  let text = try ip("-j " + line)
  return try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: any Sendable]] ?? []
}

/// What changes with time, or comes a moment after a request has been answered.
private let volatile: Set<String> = [
  "handle", "operstate", "state", "link_netnsid", "expires", "used", "age", "valid_life_time", "preferred_life_time", "root_id",
  "root_port",
]

/// JSON in one spelling, its keys sorted, without what differs from one run to the next.
func canonical(_ json: String) throws -> String {
  func strip(_ value: Any) -> Any {
    if let list = value as? [Any] { return list.filter { !["LOWER_UP", "NO-CARRIER", "linkdown"].contains($0 as? String) }.map(strip) }
    guard let object = value as? [String: Any] else { return value }
    return object.filter { !volatile.contains($0.key) && !$0.key.hasSuffix("_timer") }.mapValues(strip)
  }
  func text(_ value: Any) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .prettyPrinted]), as: UTF8.self)
  }
  if json.isEmpty { return "" }
  let value = strip(try JSONSerialization.jsonObject(with: Data(json.utf8)))
  // Routes of one destination stand in the order in which their links came up; an address's own comes a moment after it.
  func isLocal(_ value: Any) -> Bool { (value as? [String: Any])?["table"] as? String == "local" }
  if let list = value as? [Any] { return try list.filter { !isLocal($0) }.map(text).sorted().joined(separator: "\n") }
  return try text(value)
}

/// All tables as nft(8) reads them back.
func ruleset() throws -> String { try canonical(try run("/usr/sbin/nft", "-j", "list", "ruleset")) }
