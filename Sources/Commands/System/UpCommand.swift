internal import ArgumentParser
internal import HelperWire
internal import LinuxSystem

struct UpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Put the whole system behind a VPN, DNS included.",
    discussion: """
      The VPN is linked first if it has to be. Packets to the local network stay direct. If several VPNs are up, the one with the \
      lowest ID comes first.
      """
        + examples(
          "vpn up", "vpn up home"))

  @OptionGroup var vpn: DefaultNameArgument

  @Flag(help: "Do it even if it cuts off the SSH session you are typing in.")
  var force = false

  @OptionGroup var output: VerboseOption

  func run() throws { try UpRequest(name: vpn.name, force: force, verbose: output.verbose).run() }
}

struct UpRequest: CommandRequest {
  /// The default VPN without a name.
  var name: String?
  var force = false
  var verbose = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try installation.profiles.find(name)
    if !force { try installation.refuseToCutOff(.up, name) }
    return try installation.changeSystem(HelperChange(verb: .up, name: name, verbose: verbose))
  }
}
