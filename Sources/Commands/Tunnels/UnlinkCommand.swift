internal import ArgumentParser
internal import LinuxSystem

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
    let name = try installation.linkedOrKnown(name)
    let wasLinked = installation.isLinked(name)
    try installation.helper.unlink(name, force: force, verbose: verbose)
    let text = wasLinked ? "\(name) is no longer linked\n" : "\(name) was not linked\n"
    return Answer(text: text, notes: installation.tellResolver(verbose: verbose))
  }
}
