import Foundation
import KernelNetwork
import LinuxSystem
import NetworkApply
import NetworkModel
import NetworkPlan
import Privilege

/// Three namespaces that begin empty, pinned as the lines that are printed want them: the host, the box and a command's. To be made
/// on a thread that `inNewNamespace(privateRun: true)` has started.
struct World: ~Copyable {
  static let shell = Shell(box: "vpn-home", command: "COMMAND")
  static let names: [Place: String] = [.host: "HOST", .box: "vpn-home", .command: "COMMAND"]
  private let host: NetworkNamespace
  private let box: NetworkNamespace
  private let command: NetworkNamespace

  init() throws {
    try FileManager.default.createDirectory(atPath: "/run/netns", withIntermediateDirectories: true)
    let start = try NetworkNamespace.current()
    try Self.pin("HOST")
    try NetworkNamespace.unshare()
    try Self.pin("vpn-home")
    let second = try NetworkNamespace.current()
    try NetworkNamespace.unshare()
    try Self.pin("COMMAND")
    let third = try NetworkNamespace.current()
    try start.enter()
    host = start
    box = second
    command = third
  }

  private static func pin(_ name: String) throws {
    try Files.create("/run/netns/\(name)", mode: 0, [])
    try Mounts.bind("/proc/thread-self/ns/net", on: "/run/netns/\(name)")
  }

  func apply(_ steps: [Step], tolerating tolerance: Tolerance = .none) throws {
    try host.enter()
    var onHost = try Sockets(.host, .filters)
    try box.enter()
    var inBox = try Sockets(.box, [.filters, .wireGuard])
    try command.enter()
    var inCommand = try Sockets(.command, .filters)
    for step in steps {
      // A sysctl is the thread's namespace's.
      switch step.place {
      case .host: try host.enter()
      case .box: try box.enter()
      case .command: try command.enter()
      }
      if step.concernsCommand {
        try Applier.apply([step], to: &inBox, &inCommand, tolerating: tolerance)
      } else {
        try Applier.apply([step], to: &onHost, &inBox, tolerating: tolerance)
      }
    }
    try host.enter()
  }

  /// The printed lines in a shell, on the host. There, `netns 1` is the host of whoever reads them.
  func type(_ steps: [Step]) throws {
    let lines = steps.flatMap { $0.commandLines(Self.shell) }.map { $0.replacing(" netns 1 ", with: " netns HOST ") }
    try run("/bin/sh", "-ec", lines.joined(separator: "\n"))
  }

  /// All that the tools say of one namespace but for what changes with time.
  func state(_ place: Place) throws -> String {
    let name = Self.names[place]!
    var text = ""
    for what in [
      "-d link", "-d address", "-d -4 route show table all", "-d -6 route show table all", "-d -4 rule", "-d -6 rule", "-4 netconf",
      "-6 netconf",
    ] {
      text += try "\(name): \(what)\n" + canonical(try ip("-n \(name) -j \(what)")) + "\n"
    }
    text += try canonical(try run("/usr/sbin/ip", "netns", "exec", name, "nft", "-j", "list", "ruleset"))
    text += try run(
      "/usr/sbin/ip", "netns", "exec", name, "sh", "-c",
      "cd /proc/sys/net; grep . ipv4/ip_forward ipv4/icmp_ratelimit ipv6/icmp/ratelimit ipv4/conf/*/send_redirects ipv4/conf/*/route_localnet ipv6/conf/*/addr_gen_mode || true"
    )
    return text
  }
}

/// Where two texts differ, short enough to be read.
func differences(_ a: String, _ b: String) -> [String] {
  func lines(_ text: String) -> [Substring] { text.split(separator: "\n") }
  return lines(b).difference(from: lines(a)).prefix(30).map { change in
    switch change {
    case .insert(_, let line, _): "+ \(line)"
    case .remove(_, let line, _): "- \(line)"
    }
  }
}

extension Step {
  /// A command's port is made in the box, and ends in the command's namespace.
  fileprivate var concernsCommand: Bool {
    if case .addLink(let link) = change, case .veth(let peer) = link.kind { return peer.place == .command }
    return place == .command
  }
}
