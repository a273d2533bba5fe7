internal import ArgumentParser
internal import NetworkModel

struct DownCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Remove a VPN's box and tunnel.",
    discussion: "Refused while commands run in it, unless forced: they then have no network.")

  @OptionGroup var vpn: NameArgument

  @Flag(help: "Even when commands run in it.")
  var force = false

  @Flag(name: .shortAndLong, help: "Print each change as the command that would make it.")
  var verbose = false

  func run() throws { try DownRequest(name: vpn.name, force: force, verbose: verbose).run() }
}

struct DownRequest: Request {
  var name: String
  var force = false
  var verbose = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try linkedOrKnown(on: installation)
    let wasLinked = installation.pins.contains(name)
    try installation.helper.down(name, force: force, verbose: verbose)
    return Answer(text: wasLinked ? "\(name) is no longer linked\n" : "\(name) was not linked\n")
  }

  /// A box outlives its profile, and can still be removed.
  private func linkedOrKnown(on installation: Installation) throws(Failure) -> VPNName {
    if let name = VPNName(name), installation.pins.contains(name) { return name }
    return try installation.profiles.find(name)
  }
}
