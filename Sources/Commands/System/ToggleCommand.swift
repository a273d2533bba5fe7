internal import ArgumentParser
internal import LinuxSystem

struct ToggleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "toggle", abstract: "Up if it is down, down if it is up.",
    discussion: "Without a name: takes down what is up, or the default VPN up if nothing is.")

  @OptionGroup var vpn: DefaultNameArgument

  @Flag(help: "Even when that cuts off the SSH session in which it is typed.")
  var force = false

  @OptionGroup var output: VerboseOption

  func run() throws { try ToggleRequest(name: vpn.name, force: force, verbose: output.verbose).run() }
}

struct ToggleRequest: CommandRequest {
  var name: String?
  var force = false
  var verbose = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try name.map { name throws(Failure) in try installation.linkedOrKnown(name) }
    if !force { try installation.refuseToCutOff(.toggle, name) }
    return try installation.changeSystem(HelperChange(verb: .toggle, name: name, verbose: verbose))
  }
}
