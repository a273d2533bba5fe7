internal import ArgumentParser
internal import LinuxSystem
internal import NetworkModel
internal import Profile

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Import a provider's WireGuard file. Needs root.",
    discussion: """
      The file is copied to /etc/vpnrun/NAME.conf, readable only by root. Its PreUp, PostUp, PreDown and PostDown lines are \
      shown and left out. Files of NetworkManager, systemd-networkd and ifupdown-ng work, too, what `vpn export` has written for \
      NixOS, and QR codes. From a folder or a .zip, every such file is imported.
      """
        + examples(
          "sudo vpn import ~/Downloads/home.conf", "sudo vpn import wg0.conf --name work", "sudo vpn import provider.zip"))

  @Argument(
    help: "A file as for wg-quick, a folder or .zip of them, or - for standard input.",
    completion: .file(extensions: [
      "conf", "zip", "nmconnection", "netdev", "network", "interfaces", "nix", "png", "jpg", "jpeg", "webp", "gif",
    ]))
  var file: String

  @Option(help: "The VPN's name; otherwise the file's own, or made from its name.")
  var name: String?

  @Option(help: "1 to 99, lower comes first; otherwise the file's, or the lowest free one.")
  var id: UInt8?

  @Flag(help: "Replace the VPN of that name.")
  var force = false

  func validate() throws {
    if let name, VPNName(name) == nil { throw ValidationError(VPNName.rule) }
    if let id, !Profile.identifiers.contains(id) { throw ValidationError("an ID is a number from 1 to 99") }
  }

  func run() throws {
    if ImportAllRequest.isMeant(by: file) {
      guard name == nil, id == nil else { throw Failure("--name and --id are for one file", status: .usage) }
      return try ImportAllRequest(path: file, force: force).run()
    }
    try ImportRequest(file: file, name: name.flatMap { VPNName($0) }, id: id, force: force).run()
  }
}
