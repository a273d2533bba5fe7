internal import ArgumentParser
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// For `vpnrun --join`, and for shells that complete it; not for use by hand.
struct FindRunningCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "find-running", abstract: "Not for use by hand: where something runs that `vpnrun --join` may join.", shouldDisplay: false)

  @Option(name: .customLong("in")) var name: String?
  @Argument(help: "A pid or a label; without it, all that there are.") var what: String?

  func run() throws { try FindRunningRequest(name: name, what: what).run() }
}

/// Answers in lines: of one that was named, VPN, number of its network namespace, and the file that is that namespace; of all, what may be
/// typed, a tab, and what it is.
struct FindRunningRequest: CommandRequest {
  var name: String?
  var what: String?
  /// Where ip-netns(8) has namespaces without processes.
  var pins = "/run/netns"

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    guard let what else {
      let commands = try CommandReport.all(on: installation, in: name)
      let own = commands.filter { installation.isRoot || $0.uid == User.current }
      let lines = own.compactMap { command in
        command.word.map { "\($0)\t\(printable(command.command)) in \(command.vpn)\n" }
      }
      return Answer(text: lines.joined())
    }
    let found = try Self.find(what, in: name, on: installation, pins: pins, to: "join it")
    return Answer(text: "\(found.command.vpn) \(found.inode) \(found.path)\n")
  }

  /// - Parameter deed: what only its owner may do.
  static func find(
    _ what: String, in name: String?, on installation: Installation, pins: String = "/run/netns", to deed: String
  ) throws(Failure) -> RunningCommand {
    let found = try one(of: CommandReport.all(on: installation, in: name), what, in: name)
    let owner = found.user ?? "uid \(found.uid)"
    guard installation.isRoot || found.uid == User.current else {
      throw Failure("\(printable(what)) is \(owner)'s: only \(owner == "root" ? "root" : "\(owner) or root") may \(deed)")
    }
    // Root may have meant another of that label, which has ended; in one of another user's they may do what they like.
    guard found.uid == User.current || Int32(what) != nil else {
      let pid = found.processes?.first.map { ": type \($0.pid) if you mean it" } ?? ""
      throw Failure("'\(printable(what))' is \(owner)'s, and not root's\(pid)")
    }
    // Looked at once they are open: a number may be another process's by now, and a file of that name another namespace.
    for process in found.processes ?? [] {
      guard let namespace = try? openNamespace(pid: process.pid, netns: nil), let status = try? namespace.status(),
        installation.processes.addresses(of: process.pid).contains(found.address)
      else { continue }
      if found.attached, let vpn = VPNName(found.vpn), try !installation.helper.isAttached(namespace, as: found.command, in: vpn) {
        continue
      }
      return RunningCommand(command: found, path: "/proc/\(process.pid)/ns/net", inode: status.inode)
    }
    if found.attached, let vpn = VPNName(found.vpn), let namespace = try? openNamespace(pid: nil, netns: "\(pins)/\(what)"),
      let status = try? namespace.status(), try installation.helper.isAttached(namespace, as: found.command, in: vpn)
    {
      return RunningCommand(command: found, path: "\(pins)/\(what)", inode: status.inode)
    }
    throw Failure("the network of \(printable(what)) cannot be found: no process in it can be seen")
  }

  /// A number is a process: the first one of a command, or any that has its network.
  static func one(of commands: [CommandReport], _ what: String, in name: String?) throws(Failure) -> CommandReport {
    let place = name.map { "in \($0)" } ?? "in a VPN"
    let hint = "`vpn ps` lists what runs"
    if let pid = Int32(what) {
      if let found = commands.first(where: { $0.processes?.contains { $0.pid == pid } ?? ($0.pid == pid) }) { return found }
      // What stands beside a strict one cannot be looked into.
      if let found = commands.first(where: { $0.pid == pid && $0.processes?.contains { $0.parent == pid } ?? false }) { return found }
      guard Files.exists("/proc/\(pid)") else { throw Failure("there is no process \(pid): \(hint)") }
      throw Failure("process \(pid) is no command \(place): \(hint)")
    }
    // Whoever is in the group may have chosen the same label: first comes the caller's own.
    let all = commands.filter { $0.attached && $0.command == what }
    let own = all.filter { $0.uid == User.current }
    let labelled = own.isEmpty ? all : own
    guard let found = labelled.first else { throw Failure("nothing is attached as '\(printable(what))' \(place): \(hint)") }
    guard labelled.count == 1 else {
      let places = labelled.map { "\($0.vpn)\($0.processes?.first.map { " (pid \($0.pid))" } ?? "")" }.joined(separator: ", ")
      throw Failure("'\(printable(what))' is attached several times: \(places); type the VPN's name as well, or a pid")
    }
    return found
  }
}

/// Something that runs in a VPN, and the file that is its network namespace.
struct RunningCommand {
  var command: CommandReport
  var path: String
  var inode: UInt64

  /// With the caller's own rights.
  func openNetwork() throws(Failure) -> FileDescriptor {
    let namespace = try openNamespace(pid: nil, netns: path)
    let found = try Failure.saying("cannot look at \(path)") { () throws(SystemError) in try namespace.status().inode }
    guard found == inode else { throw Failure("\(printable(command.command)) has ended in this moment") }
    return namespace
  }
}

extension CommandReport {
  /// What may be typed for it: its first process may have ended, or not have told its number yet.
  fileprivate var word: String? {
    if attached { return command }
    let living = processes.map { all in all.contains { $0.pid == pid } ? pid : all.first?.pid ?? 0 } ?? pid
    return living > 0 ? "\(living)" : nil
  }
}
