internal import Diagnosis
internal import FoundationEssentials
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// A command in a VPN. `vpn ps --json` prints an array of these, by VPN and address. Keys are added in later versions, never renamed or
/// removed; every key is always there.
///
/// | key | value |
/// |---|---|
/// | `vpn`, `address` | where it runs, and the address that it has there |
/// | `pid`, `uid`, `user` | its first process, which may be gone, and whose; the name is null where the system has none |
/// | `command` | with arguments where they can be seen; the program's name as it was started otherwise |
/// | `started` | seconds since 1970, or null |
/// | `rx_bytes`, `tx_bytes` | received and sent since then, with the headers of Ethernet |
/// | `ports` | open ones, `protocol`, `port` and `address` each; null for commands of others |
/// | `processes` | all that live in its network: `pid`, `parent`, `uid`, `user`, `started`, `command`; null for commands of others |
/// | `attached` | it is no command, but a namespace that `vpn attach` was given: `command` is its label |
/// | `inbound` | what is let in to it from the VPN: `tcp/22` |
/// | `published` | what this machine hands on to it: `127.0.0.1:8080:80/tcp` |
/// | `lan` | where in the networks of this machine's links it may go: `192.168.50.7:445` |
/// | `forwarded` | the provider's port that leads to it, or null |
/// | `elsewhere` | how many processes that these have started have a network of their own, or cannot be seen; null for commands of others |
struct CommandReport: Codable, Equatable {
  var vpn: String
  var address: String
  var pid: Int32
  var uid: UInt32
  @Nullable var user: String?
  var command: String
  @Nullable var started: Int?
  var rxBytes: UInt64
  var txBytes: UInt64
  @Nullable var ports: [ProcessTable.Port]?
  @Nullable var processes: [Process]?
  @Nullable var elsewhere: Int?
  var attached = false
  var inbound: [String] = []
  var published: [String] = []
  var lan: [String] = []
  @Nullable var forwarded: Int?

  struct Process: Codable, Equatable {
    var pid: Int32
    var parent: Int32
    var uid: UInt32
    @Nullable var user: String?
    var started: Int
    var command: String
  }

  enum CodingKeys: String, CodingKey {
    case vpn, address, pid, uid, user, command, started, ports, processes, elsewhere, attached, inbound, published, lan, forwarded
    case rxBytes = "rx_bytes"
    case txBytes = "tx_bytes"
  }
}

extension CommandReport {
  /// - Parameter name: only those in this VPN.
  static func all(on installation: Installation, in name: String?) throws(Failure) -> [CommandReport] {
    let name = try name.map { name throws(Failure) in try installation.linkedOrKnown(name).description }
    var seen = ProcessTable.Snapshot()
    let reports = try installation.helper.showLinked { seen = installation.processes.snapshot() }
    let vpns = reports.compactMap(\.vpn).filter { name == nil || $0.name == name }
    return all(vpns, installation.processes, seen, userName: User.name)
  }

  /// What the boxes say, and what the caller may see of the processes.
  static func all(
    _ vpns: [Report.VPN], _ table: ProcessTable, _ seen: ProcessTable.Snapshot, userName: (UInt32) -> String?
  ) -> [CommandReport] {
    // A network that has a command's address is that command's: no two of one machine share any.
    let known = Dictionary(vpns.flatMap { vpn in vpn.commands.flatMap { vpn.addresses(of: $0) } }) { first, _ in first }
    // But the root of an attached one can give it another's.
    var byAddress: [String: [[Int32]]] = [:]
    for network in seen.networks {
      var found = network.addresses6.compactMap { known[$0] }
      // The kernel writes those of IPv4 as a whole tree, twice.
      if found.isEmpty { found = table.addresses(of: network.pids[0], [.v4]).compactMap { known[$0] } }
      for address in found { byAddress[address, default: []].append(network.pids) }
    }
    let start = table.start
    var names: [UInt32: String?] = [:]
    func name(_ uid: UInt32) -> String? {
      if let known = names[uid] { return known }
      let found = userName(uid)
      names[uid] = .some(found)
      return found
    }
    var commands = vpns.flatMap { vpn in
      vpn.commands.map { command in
        let found = byAddress[command.address] ?? []
        let pids = found.first { $0.contains(command.pid) } ?? found.first
        return CommandReport(command, of: vpn.name, pids: pids, table, seen, since: start, name)
      }
    }
    commands.countElsewhere(seen.parents)
    return commands
  }

  private init(
    _ told: Report.Command, of vpn: String, pids: [Int32]?, _ table: ProcessTable, _ seen: ProcessTable.Snapshot, since start: Int?,
    _ userName: (UInt32) -> String?
  ) {
    let processes = pids.map { pids in
      // A strict command has two beside it: the one that the caller knows, and its other child, which only root sees. One with a forwarded
      // port has the process that keeps it.
      table.entries(pids, since: start, in: seen).filter { !$0.isLauncher || $0.pid == told.pid }.map {
        Process(pid: $0.pid, parent: $0.parent, uid: $0.uid, user: userName($0.uid), started: $0.started, command: $0.command)
      }
    }
    // A number may be another process's by now; whose it is, is known.
    let first = processes?.first { $0.pid == told.pid }
    let unseen = pids == nil ? table.entries([told.pid], since: start, in: seen).first { $0.uid == told.uid } : nil
    let started = first?.started ?? unseen?.started
    self.init(
      vpn: vpn, address: told.address, pid: told.pid, uid: told.uid, user: userName(told.uid),
      command: told.attached ? told.command : first?.command ?? told.command,
      started: started, rxBytes: told.rxBytes, txBytes: told.txBytes, ports: pids.map { table.ports(of: $0[0]) }, processes: processes,
      elsewhere: nil, attached: told.attached, inbound: told.inbound, published: told.published, lan: told.lan,
      forwarded: told.forwarded)
  }
}

extension Report.VPN {
  /// All that a command has there, each with that by which it is known: it has the same number in each network.
  fileprivate func addresses(of command: Report.Command) -> [(own: String, known: String)] {
    func number(_ address: IPAddress) -> UInt32 { address.bytes.suffix(4).reduce(0) { $0 << 8 | UInt32($1) } }
    let networks = subnets.compactMap { Prefix($0)?.network.address }
    let slot = IPAddress(command.address).flatMap { known in
      networks.first { $0.family == known.family }.map { number(known) &- number($0) }
    }
    guard let slot else { return [(command.address, command.address)] }
    return networks.map { ($0.advanced(by: slot).description, command.address) }
  }
}

extension [CommandReport] {
  /// Of the processes that no command has, each is its nearest ancestor's which one has: a sandbox's, or another user's.
  /// - Parameter parents: of all processes.
  fileprivate mutating func countElsewhere(_ parents: [Int32: Int32]) {
    var owners: [Int32: Int] = [:]
    for index in indices {
      guard let processes = self[index].processes else { continue }
      self[index].elsewhere = 0
      for process in processes { owners[process.pid] = index }
    }
    for pid in parents.keys where owners[pid] == nil {
      var ancestor = pid
      var steps = 0
      // Numbers are used again while this is read: there could be a circle.
      while owners[ancestor] == nil, let parent = parents[ancestor], steps < 1000 { (ancestor, steps) = (parent, steps + 1) }
      if let owner = owners[ancestor] { self[owner].elsewhere = (self[owner].elsewhere ?? 0) + 1 }
    }
  }
}
