internal import ArgumentParser
internal import LinuxSystem

struct UpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Put the whole system behind a VPN, DNS included.",
    discussion: """
      The VPN is linked first when needed. What goes to the local network stays direct. Of several VPNs that are up, the lowest ID \
      comes first.
      """)

  @OptionGroup var vpn: DefaultNameArgument

  @Flag(help: "Even when that cuts off the SSH session in which it is typed.")
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
