internal import ArgumentParser
internal import HelperWire
internal import LinuxSystem

struct ToggleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "toggle", abstract: "Take a VPN up if it is down, and down if it is up.",
    discussion: "Without a name: takes down a VPN that is up; if none is, takes up the default VPN."
      + examples(
        "vpn toggle", "vpn toggle home"))

  @OptionGroup var vpn: DefaultNameArgument

  @Flag(help: "Do it even if it cuts off the SSH session you are typing in.")
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
