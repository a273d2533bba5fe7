internal import Diagnosis
internal import LinuxSystem

/// Routing tables that other programs use on this machine: an ID is also a table's number. Asked of ip(8), once, when first wanted; where it
/// does not answer there are none, and `vpn link` sees them.
final class ForeignTables {
  private lazy var numbers: Set<String> = Self.inUse()

  func contains(_ id: UInt8) -> Bool { numbers.contains("\(id)") }

  private struct Entry: Decodable {
    var table: String?
    var `protocol`: String?
    var isOurs: Bool { `protocol` == "86" }
  }

  private static func inUse() -> Set<String> {
    var found: Set<String> = []
    for family in ["-4", "-6"] {
      for words in [["rule"], ["route", "show", "table", "all"]] {
        let entries = (try? Look.says("ip", ["-N", "-j", family] + words)).flatMap { decoded([Entry].self, $0) } ?? []
        for entry in entries where !entry.isOurs { if let table = entry.table { found.insert(table) } }
      }
    }
    return found
  }
}
