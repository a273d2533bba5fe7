internal import ArgumentParser
internal import HelperWire
internal import LinuxSystem

struct ReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload", abstract: "Apply an edited profile without stopping commands.",
    discussion: """
      Keys, peers, endpoints, DNS and networks change in place. ID, Address, Subnet, Table, FwMark, Priority and Underlay cannot \
      change while the VPN is linked.
      """
        + examples(
          "vpn reload home"))

  @OptionGroup var vpn: NameArgument
  @OptionGroup var output: VerboseOption

  func run() throws { try ReloadRequest(name: vpn.name, verbose: output.verbose).run() }
}

struct ReloadRequest: CommandRequest {
  var name: String
  var verbose = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try installation.profiles.find(name)
    return try installation.changeSystem(HelperChange(verb: .reload, name: name, verbose: verbose))
  }
}
