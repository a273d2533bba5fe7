internal import ArgumentParser
internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

struct LinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "link", abstract: "Connect a VPN for commands (vpnrun does this by itself).",
    discussion: """
      `vpnrun` and `vpn up` do this by themselves. Only if the kernel has no WireGuard, type it once with sudo: it then starts \
      wireguard-go.
      """
        + examples(
          "vpn link home", "vpn link -v home"))

  @OptionGroup var vpn: NameArgument
  @OptionGroup var output: VerboseOption

  func run() throws { try LinkBoxRequest(name: vpn.name, verbose: output.verbose).run() }
}

struct LinkBoxRequest: CommandRequest {
  var name: String
  var verbose = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try installation.profiles.find(name)
    let wasLinked = installation.isLinked(name)
    var answer = Answer()
    answer.text = try HelperChange(verb: .link, name: name, verbose: verbose).perform(on: installation, notes: &answer.notes)
    if !wasLinked { answer.notes += installation.resolverNotes(name) }
    if !wasLinked, installation.isHostTunnel(name) {
      answer.text += "\(name) is linked: it is a link of this machine, for its routes\n"
      return answer
    }
    if !wasLinked, let vpn = try? installation.helper.show(name), let link = vpn.link, vpn.addresses.isEmpty {
      answer.text += "\(name) is linked: it sends what comes from \(vpn.relay.joined(separator: ", ")) by \(link)\n"
      return answer
    }
    answer.text += wasLinked ? "\(name) is linked already\n" : "\(name) is linked: try `vpnrun \(name) -- COMMAND`\n"
    return answer
  }
}

extension Installation {
  /// Of a VPN that is linked. What cannot be asked is no reason for complaints.
  fileprivate func resolverNotes(_ name: VPNName) -> [String] {
    guard let lost = (try? helper.ways())?.first(where: { $0.name == name.description })?.serversOutOfReach else { return [] }
    return NameServers.sentence(lost).map { ["\(name): \($0), so \(NameServers.consequence(lost))"] } ?? []
  }
}
