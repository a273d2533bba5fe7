internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

/// Whose packet is explained, as it is typed: a VPN's name, for any command in it; the pid or the label of one; or the pid of what runs outside.
struct Sender {
  /// `nil`: outside.
  var vpn: VPNName?
  /// Of one that was named.
  var exceptions: CommandExceptions?
  /// One of `vpnrun --direct`: who it is, and the servers that it asks.
  var outside: String?
  var servers: [IPAddress]?

  init(_ word: String, on installation: Installation) throws(Failure) {
    let noVPN: Failure
    do throws(Failure) {
      vpn = try installation.linkedOrKnown(word)
      return
    } catch { noVPN = error }
    if let pid = Int32(word), ControlGroup.isOutside(pid), let entry = installation.processes.entry(pid) {
      outside = "\(entry.command) (pid \(pid)), outside"
      // Its own view of files, which its owner may read.
      let text = (try? FileDescriptor(readingWithoutWaiting: "/proc/\(pid)/root/etc/resolv.conf").readAll(limit: 65536)) ?? []
      servers = IPAddress.servers(inResolvConf: text)
      if servers?.isEmpty ?? true { servers = nil }
      return
    }
    let commands = try CommandReport.all(on: installation, in: nil)
    guard Int32(word) != nil || commands.contains(where: { $0.attached && $0.command == word }) else { throw noVPN }
    let found = try FindRunningRequest.one(of: commands, word, in: nil)
    vpn = VPNName(found.vpn)
    exceptions = CommandExceptions(
      found.phrase, inbound: found.inbound, published: found.published, lan: found.lan, forwarded: found.forwarded)
  }
}

extension IPAddress {
  /// Those of the file's lines `nameserver`.
  static func servers(inResolvConf text: [UInt8]) -> [IPAddress] {
    text.split(separator: UInt8(ascii: "\n")).compactMap { CommandResolvers.server(in: $0).flatMap { IPAddress($0) } }
  }
}
