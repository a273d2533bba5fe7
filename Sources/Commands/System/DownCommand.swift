internal import ArgumentParser
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

struct DownCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Stop sending the system's traffic through a VPN.",
    discussion: """
      Undoes `vpn up`. If `vpn up` has linked the VPN and no command runs in it, it is unlinked, too. Without a name, it is the VPN \
      with the lowest ID among those that are up.
      """
        + examples(
          "vpn down", "vpn down home"))

  @Argument(help: "The VPN's name.", completion: .vpnNames)
  var name: String?

  @OptionGroup var output: VerboseOption

  func run() throws { try DownRequest(name: name, verbose: output.verbose).run() }
}

struct DownRequest: CommandRequest {
  var name: String?
  var verbose = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try name.map { typed throws(Failure) in
      // What keeps all from leaving outlives a profile, too.
      if let name = VPNName(typed), !Files.exists(installation.profiles.file(of: name)), installation.isBlocking(name) { return name }
      return try installation.linkedOrKnown(typed)
    }
    return try installation.changeSystem(HelperChange(verb: .down, name: name, verbose: verbose))
  }
}
