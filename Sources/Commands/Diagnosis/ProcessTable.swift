internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel

/// What proc(5) tells of processes. Of which network one is, it tells their owner and root alone.
struct ProcessTable {
  private static let proc = "/proc"
  var folder = Self.proc
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

  private func all() -> [Int32] { ((try? Files.list(folder)) ?? []).compactMap { Int32($0) } }

  /// Processes by their network namespaces.
  func byNetwork() -> [String: [Int32]] { byNetwork(all()) }

  private func byNetwork(_ pids: [Int32]) -> [String: [Int32]] {
    var networks: [String: [Int32]] = [:]
    for pid in pids {
      guard let network = try? Files.target(ofLink: "\(folder)/\(pid)/ns/net") else { continue }
      networks[network, default: []].append(pid)
    }
    return networks.mapValues { $0.sorted() }
  }

  /// One that the caller may look into.
  struct Network {
    var pids: [Int32]
    /// Its own addresses of IPv6.
    var addresses6: Set<String>
  }

  /// What was read of all processes beforehand, at about one time.
  struct Snapshot {
    var networks: [Network] = []
    fileprivate var stats: [Int32: Stat] = [:]

    /// Of all, which anybody may know.
    var parents: [Int32: Int32] { stats.mapValues(\.parent) }
  }

  func snapshot() -> Snapshot {
    let pids = all()
    let stats = pids.compactMap { pid in stat(of: pid).map { (pid, $0) } }
    return Snapshot(
      networks: byNetwork(pids).values.map { Network(pids: $0, addresses6: addresses(of: $0[0], [.v6])) },
      stats: Dictionary(stats) { first, _ in first })
  }

  /// Commands of `vpnrun --direct`: of processes that were started in one, the first.
  func outside() -> [Entry] {
    let pids = all().filter { ControlGroup.isOutside($0) }
    let entries = entries(pids.sorted())
    return entries.filter { entry in !pids.contains(entry.parent) }
  }

  /// "PID (NAME) STATE PARENT …"; the name may have anything in it.
  fileprivate struct Stat {
    /// In its parentheses.
    var name: String
    var parent: Int32
    /// When it was started, in ticks since the system was; `nil` where there is no such field.
    var ticks: Int?

    init?(_ file: ProcFile) {
      guard let line = file.whole, let open = line.firstIndex(of: UInt8(ascii: "(")), let close = line.lastIndex(of: UInt8(ascii: ")")),
        open < close
      else { return nil }
      name = line[open...close].text
      let fields = line[(close + 1)...].words
      guard fields.count > 1, let parent: Int32 = fields[1].number() else { return nil }
      self.parent = parent
      // The 22nd field.
      ticks = fields.count > 19 ? fields[19].number() : nil
    }
  }

  private func stat(of pid: Int32) -> Stat? { Stat(file("\(pid)/stat")) }

  func entry(_ pid: Int32) -> Entry? { entries([pid]).first }

  /// Of those that are there.
  /// - Parameters:
  ///   - start: of the system, in seconds since 1970; who asks often has read it once.
  ///   - seen: what has been read of them.
  func entries(_ pids: [Int32], since start: Int? = nil, in seen: Snapshot = Snapshot()) -> [Entry] {
    guard let start = start ?? self.start else { return [] }
    return pids.compactMap { pid in (seen.stats[pid] ?? stat(of: pid)).flatMap { entry(pid, $0, start) } }
  }

  private func entry(_ pid: Int32, _ stat: Stat, _ start: Int) -> Entry? {
    guard let ticks = stat.ticks, let uid = uid(of: pid) else { return nil }
    var words = (file("\(pid)/cmdline").whole ?? []).split(separator: 0).map { $0.text }
    let isLauncher = stat.name == "(vpn-launch)" && isLauncher(pid)
    // As it was typed: `vpnrun --strict NAME -- COMMAND`.
    if isLauncher, let dashes = words.firstIndex(of: "--"), words[..<dashes].contains("--strict") {
      words = ["vpnrun", "--strict"] + words[(dashes - 1)...]
    }
    return Entry(
      pid: pid, parent: stat.parent, uid: uid, started: start + ticks / Process.ticksPerSecond,
      command: words.isEmpty ? stat.name : words.joined(separator: " "), isLauncher: isLauncher)
  }

  private func isLauncher(_ pid: Int32) -> Bool {
    // After an upgrade what runs is a file that is gone.
    let program = try? Files.target(ofLink: "\(folder)/\(pid)/exe")
    return program == launcher || program == launcher + " (deleted)"
  }

  /// The addresses that a process's network has itself, as `IPAddress` writes them.
  func addresses(of pid: Int32, _ families: Set<IPFamily> = [.v4, .v6]) -> Set<String> {
    var found: Set<String> = []
    var last: ArraySlice<UInt8>?
    // "|-- 10.20.1.2" and below it "/32 host LOCAL".
    for line in families.contains(.v4) ? file("\(pid)/net/fib_trie").lines : [] {
      if line.first(where: { $0 != UInt8(ascii: " ") }) == UInt8(ascii: "|") {
        last = line
      } else if let last, line.ends(with: " LOCAL"), let address = last.words.last {
        found.insert(address.text)
      }
    }
    // Sixteen bytes without colons, then the link's number and others.
    for line in families.contains(.v6) ? file("\(pid)/net/if_inet6").lines : [] {
      if let address = IPAddress(bytes: line.prefix(32).pairs) { found.insert(address.description) }
    }
    return found
  }

  /// Of a process's whole network, by number.
  func ports(of pid: Int32) -> [Port] {
    var found: Set<Port> = []
    let inUse = protocolsInUse(pid)
    for (table, name, state) in [("tcp", "tcp", "0A"), ("tcp6", "tcp", "0A"), ("udp", "udp", "07"), ("udp6", "udp", "07")]
    where inUse.contains(table) {
      for line in file("\(pid)/net/\(table)").lines.dropFirst() {
        let words = line.words
        guard words.count > 3, words[3].isWord(state) else { continue }
        let parts = words[1].split(separator: UInt8(ascii: ":"))
        guard parts.count == 2, let port: UInt16 = parts[1].number(radix: 16), let address = Self.address(parts[0]) else { continue }
        found.insert(Port(protocol: name, port: port, address: address.description))
      }
    }
    return found.sorted { ($0.port, $0.protocol, $0.address) < ($1.port, $1.protocol, $1.address) }
  }

  /// Which of tcp, tcp6, udp and udp6 a process's network has sockets of. The kernel looks for those of one network in a table of all
  /// networks' connections, which takes it milliseconds; their number it knows.
  private func protocolsInUse(_ pid: Int32) -> Set<String> {
    // "sockets: used 3", "TCP: inuse 2 orphan 0 …", "UDP6: inuse 0".
    var found: Set<String> = []
    let all = file("\(pid)/net/sockstat").lines
    if all.first?.ends(with: " used 0") == true { return found }
    for line in all + file("\(pid)/net/sockstat6").lines {
      let words = line.words
      if words.count > 2, words[1].isWord("inuse"), !words[2].isWord("0") { found.insert(words[0].dropLast().text.lowercased()) }
    }
    return found
  }

  /// Words of 32 bits in the machine's order, as hexadecimal digits.
  private static func address(_ digits: ArraySlice<UInt8>) -> IPAddress? {
    let bytes = digits.pairs
    return IPAddress(bytes: stride(from: 0, to: bytes.count - 3, by: 4).flatMap { bytes[$0..<($0 + 4)].reversed() })
  }

  /// Every number that says who a process is: its users and its groups.
  func numbers() -> Set<UInt32> {
    var found: Set<UInt32> = []
    for pid in all() {
      for line in file("\(pid)/status").lines
      where line.starts(with: "Uid:") || line.starts(with: "Gid:") || line.starts(with: "Groups:") {
        found.formUnion(line.words.compactMap { $0.number() as UInt32? })
      }
    }
    return found
  }

  /// The effective one. In proc(5) it is the folder's owner, but for a process that no other may look into: that folder is root's.
  private func uid(of pid: Int32) -> UInt32? {
    if folder == Self.proc, let owner = Files.owner(of: "\(folder)/\(pid)"), owner != 0 { return owner }
    let words = file("\(pid)/status").lines.first { $0.starts(with: "Uid:") }?.words
    return words?.dropFirst(2).first?.number()
  }

  /// Of the system, in seconds since 1970.
  var start: Int? { file("stat").lines.first { $0.starts(with: "btime ") }?.words.last?.number() }

  private func file(_ path: String) -> ProcFile { ProcFile("\(folder)/\(path)") }
}
