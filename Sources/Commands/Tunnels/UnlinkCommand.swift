internal import ArgumentParser
internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

struct UnlinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unlink", abstract: "Remove a VPN's box and tunnel.",
    discussion: "Refused while commands run in it, unless forced: they then have no network. A VPN that is up is taken down first."
      + examples(
        "vpn unlink home", "vpn unlink --force home"))

  @OptionGroup var vpn: NameArgument

  @Flag(help: "Do it even while commands run in it.")
  var force = false

  @OptionGroup var output: VerboseOption

  func run() throws { try UnlinkBoxRequest(name: vpn.name, force: force, verbose: output.verbose).run() }
}

struct UnlinkBoxRequest: CommandRequest {
  var name: String
  var force = false
  var verbose = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try installation.linkedOrLeft(name)
    let wasLinked = installation.isLinked(name)
    try installation.helper.unlink(name, force: force, verbose: verbose)
    let text = wasLinked ? "\(name) is no longer linked\n" : "\(name) was not linked\n"
    return Answer(text: text, notes: installation.tellResolver(verbose: verbose))
  }
}

extension Installation {
  /// A VPN without a box whose link and profile are both gone has left the rules for its packets, and nothing tells whose they were: what is
  /// true is said, and what removes them.
  fileprivate func linkedOrLeft(_ typed: String) throws(Failure) -> VPNName {
    do throws(Failure) { return try linkedOrKnown(typed) } catch {
      let left = try rulesWithoutALink()
      guard error.status == .failure, !left.isEmpty else { throw error }
      throw Failure(
        lines: error.lines + [
          "Rules are left of a tunnel whose link is gone, and which no command of ours can name any more. To remove them:"
        ]
          + left.map { "  sudo \($0)" })
    }
  }

  /// Lines that delete rules of ours for the packets of tunnels, by marks that no link of a VPN's has now.
  private func rulesWithoutALink() throws(Failure) -> [String] {
    struct Link: Decodable {
      var ifname: String
      var ifalias: String?
    }
    let links = decoded([Link].self, try Look.says(ip, ["-j", "link"])) ?? []
    let linked = links.compactMap { link in
      VPNName(link.ifname).flatMap { Identity(name: $0, alias: ByteString(link.ifalias ?? ""), addresses: []) }
    }
    guard pins.names().allSatisfy({ pin in linked.contains { $0.name == pin } }) else { return [] }
    struct Rule: Decodable {
      var priority: Int
      var fwmark: String?
      var fwmask: String?
      var `protocol`: String?
    }
    var lines: [String] = []
    for family in ["-4", "-6"] {
      let rules = decoded([Rule].self, try Look.says(ip, ["-N", "-j", family, "rule"])) ?? []
      for rule in rules where rule.protocol == "\(Route.protocolNumber)" && rule.fwmask == nil {
        guard let mark = rule.fwmark.flatMap({ UInt32($0.dropFirst(2), radix: 16) }), mark != Identity.queryMark else { continue }
        guard !linked.contains(where: { $0.fwmark == mark }) else { continue }
        lines.append("ip \(family) rule del priority \(rule.priority) fwmark \(mark)")
      }
    }
    return lines
  }
}
