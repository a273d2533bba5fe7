internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel

/// What proc(5) tells of processes. Of which network one is, it tells their owner and root alone.
struct ProcessTable {
  var folder = "/proc"
  /// vpn-launch, which is executed by nothing else.
  var launcher = "/usr/local/\(Programs.helpers)/vpn-launch"

  struct Entry: Equatable {
    var pid: Int32
    var parent: Int32
    var uid: UInt32
    /// Seconds since 1970.
    var started: Int
    /// With its arguments, or its name in parentheses where there are none.
    var command: String
    /// vpn-launch itself, as it stays beside a strict command; a program cannot choose this by its arguments.
    var isLauncher = false
  }

  /// A TCP socket that listens, or a UDP socket that anybody may send to.
  struct Port: Codable, Hashable {
    var `protocol`: String
    var port: UInt16
    var address: String
  }

  /// Processes by their network namespaces.
  func byNetwork() -> [String: [Int32]] {
    var networks: [String: [Int32]] = [:]
    for name in (try? Files.list(folder)) ?? [] {
      guard let pid = Int32(name), let network = try? Files.target(ofLink: "\(folder)/\(name)/ns/net") else { continue }
      networks[network, default: []].append(pid)
    }
    return networks.mapValues { $0.sorted() }
  }

  /// Of all processes, which anybody may know.
  func parents() -> [Int32: Int32] {
    var parents: [Int32: Int32] = [:]
    for pid in ((try? Files.list(folder)) ?? []).compactMap({ Int32($0) }) {
      guard let stat = text("\(pid)/stat"), let close = stat.lastIndex(of: ")") else { continue }
      let fields = stat[stat.index(after: close)...].split(separator: " ", maxSplits: 2)
      if fields.count > 1, let parent = Int32(fields[1]) { parents[pid] = parent }
    }
    return parents
  }

  func entry(_ pid: Int32) -> Entry? {
    // "PID (NAME) STATE PARENT …"; the name may have anything in it. The 22nd field is the start in ticks since the system's.
    guard let stat = text("\(pid)/stat"), let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[stat.index(after: close)...].split(separator: " ")
    guard fields.count > 19, let parent = Int32(fields[1]), let ticks = Int(fields[19]), let uid = uid(of: pid), let start else {
      return nil
    }
    var words = (text("\(pid)/cmdline") ?? "").split(separator: "\0")
    // After an upgrade what runs is a file that is gone.
    let program = try? Files.target(ofLink: "\(folder)/\(pid)/exe")
    let isLauncher = program == launcher || program == launcher + " (deleted)"
    // As it was typed: `vpnrun --strict NAME -- COMMAND`.
    if isLauncher, let dashes = words.firstIndex(of: "--"), words[..<dashes].contains("--strict") {
      words = ["vpnrun", "--strict"] + words[(dashes - 1)...]
    }
    return Entry(
      pid: pid, parent: parent, uid: uid, started: start + ticks / Process.ticksPerSecond,
      command: words.isEmpty ? "\(stat[open...close])" : words.joined(separator: " "), isLauncher: isLauncher)
  }

  /// The addresses that a process's network has itself, as `IPAddress` writes them.
  func addresses(of pid: Int32) -> Set<String> {
    var found: Set<String> = []
    var last: Substring?
    // "|-- 10.20.1.2" and below it "/32 host LOCAL".
    for line in lines("\(pid)/net/fib_trie") {
      let words = line.split(separator: " ")
      if words.first == "|--" { last = words.last } else if words.last == "LOCAL", let last { found.insert(String(last)) }
    }
    // Sixteen bytes without colons, then the link's number and others.
    for line in lines("\(pid)/net/if_inet6") {
      let digits = Array(line.prefix(32))
      let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
      if let address = IPAddress(bytes: bytes) { found.insert(address.description) }
    }
    return found
  }

  /// Of a process's whole network, by number.
  func ports(of pid: Int32) -> [Port] {
    var found: Set<Port> = []
    let inUse = protocolsInUse(pid)
    for (table, name, state) in [("tcp", "tcp", "0A"), ("tcp6", "tcp", "0A"), ("udp", "udp", "07"), ("udp6", "udp", "07")]
    where inUse.contains(table) {
      for line in lines("\(pid)/net/\(table)").dropFirst() {
        let words = line.split(separator: " ")
        guard words.count > 3, words[3] == state else { continue }
        let parts = words[1].split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1], radix: 16), let address = Self.address(parts[0]) else { continue }
        found.insert(Port(protocol: name, port: port, address: address.description))
      }
    }
    return found.sorted { ($0.port, $0.protocol, $0.address) < ($1.port, $1.protocol, $1.address) }
  }

  /// Which of tcp, tcp6, udp and udp6 a process's network has sockets of. The kernel looks for those of one network in a table of all
  /// networks' connections, which takes it milliseconds; their number it knows.
  private func protocolsInUse(_ pid: Int32) -> Set<String> {
    // "TCP: inuse 2 orphan 0 …", "UDP6: inuse 0".
    var found: Set<String> = []
    for line in lines("\(pid)/net/sockstat") + lines("\(pid)/net/sockstat6") {
      let words = line.split(separator: " ")
      if words.count > 2, words[1] == "inuse", words[2] != "0" { found.insert(words[0].dropLast().lowercased()) }
    }
    return found
  }

  /// Words of 32 bits in the machine's order, as hexadecimal digits.
  private static func address(_ text: Substring) -> IPAddress? {
    let digits = Array(text)
    let words = stride(from: 0, to: digits.count - 7, by: 8).compactMap { UInt32(String(digits[$0..<($0 + 8)]), radix: 16) }
    return IPAddress(bytes: words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } })
  }

  /// Every number that says who a process is: its users and its groups.
  func numbers() -> Set<UInt32> {
    var found: Set<UInt32> = []
    for pid in ((try? Files.list(folder)) ?? []).compactMap({ Int32($0) }) {
      for line in lines("\(pid)/status") where ["Uid:", "Gid:", "Groups:"].contains(where: { line.hasPrefix($0) }) {
        found.formUnion(line.split { $0 == "\t" || $0 == " " }.compactMap { UInt32($0) })
      }
    }
    return found
  }

  private func uid(of pid: Int32) -> UInt32? {
    let line = lines("\(pid)/status").first { $0.hasPrefix("Uid:") }
    return line?.split(separator: "\t").dropFirst(2).first.flatMap { UInt32($0) }
  }

  /// Of the system, in seconds since 1970.
  private var start: Int? { lines("stat").first { $0.hasPrefix("btime ") }.flatMap { Int($0.dropFirst(6)) } }

  private func lines(_ path: String) -> [Substring] { (text(path) ?? "").split(separator: "\n") }

  private func text(_ path: String) -> String? {
    guard let bytes = try? FileDescriptor(reading: "\(folder)/\(path)").readAll(limit: .max) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
