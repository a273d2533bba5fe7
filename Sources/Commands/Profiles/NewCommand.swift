internal import ArgumentParser
internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Create a VPN with a new key pair. Needs root.",
    discussion: """
      It makes a draft, /etc/vpnrun/NAME.conf.new, with the private key in it. `vpn edit NAME` completes it with what the server's \
      administrator gives you for the public key; only then is it a VPN.
      """
        + examples(
          "sudo vpn new office", "sudo vpn new office --address 10.9.0.2/32"))

  @Argument(help: "The VPN's name.")
  var name: String

  @Option(help: "1 to 99, lower comes first; otherwise the lowest free one when it is complete.")
  var id: UInt8?

  @Option(help: "This machine's address in the VPN; may be repeated.")
  var address: [String] = []

  func validate() throws {
    if VPNName(name) == nil { throw ValidationError(VPNName.rule) }
    if let id, !Profile.identifiers.contains(id) { throw ValidationError("an ID is a number from 1 to 99") }
    for address in address where IPAddress(address) == nil && Prefix(address) == nil {
      throw ValidationError("'\(printable(address))' is not an address; write it like 10.0.0.2/32")
    }
  }

  func run() throws {
    guard let name = VPNName(name) else { return }
    try NewRequest(name: name, id: id, addresses: address).run()
  }
}

struct NewRequest: CommandRequest {
  var name: VPNName
  var id: UInt8?
  /// With or without a prefix length.
  var addresses: [String] = []

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    try installation.requireRoot("making a VPN", "new \(name)")
    let folder = installation.profiles
    let lock = try folder.locked()
    try installation.refuseTaken(name, by: false)
    // A second key pair would make the first public key, which may be with the server already, worthless.
    if let draft = try folder.draft(of: name) {
      guard id == nil, addresses.isEmpty else {
        throw Failure("there is a draft of '\(name)' already: `vpn edit \(name)` changes it, `vpn remove \(name)` removes it")
      }
      guard let key = ProfileSource(draft).firstPrivateKey else {
        throw Failure("\(folder.draftFile(of: name)) has no private key any more: `vpn remove \(name)` removes it")
      }
      return try answer(for: key, on: installation, style, isNew: false)
    }
    let (neighbours, notes) = folder.neighbours(of: name)
    if let taken = neighbours.first(where: { id != nil && $0.profile.id == id }) {
      throw Failure("ID \(taken.profile.id ?? 0) is that of '\(taken.name)': choose another with --id, or leave it out")
    }
    let key = try installation.wireGuardTool.newPrivateKey()
    var answer = try answer(for: key, on: installation, style, isNew: true)
    try folder.writeDraft(Array(template(key).utf8), of: name, in: lock)
    answer.notes = notes
    return answer
  }

  private func answer(for key: WireGuardKey, on installation: Installation, _ style: Style, isNew: Bool) throws(Failure) -> Answer {
    let publicKey = try installation.wireGuardTool.publicKey(of: key)
    let file = installation.profiles.draftFile(of: name)
    return Answer(text: newText(name, publicKey: publicKey, file: file, isNew: isNew, style))
  }

  private func template(_ key: WireGuardKey) -> String {
    let address =
      addresses.isEmpty ? "# This machine's in the VPN, like 10.0.0.2/32.\nAddress =" : "Address = " + addresses.joined(separator: ", ")
    return (id.map { "[VPN]\nID = \($0)\n\n" } ?? "") + """
      [Interface]
      PrivateKey = \(key.base64)
      \(address)
      # The VPN's own, if it has any.
      DNS =

      [Peer]
      # The server's.
      PublicKey =
      # The server, like vpn.example.net:51820.
      Endpoint =
      # What is reached through it.
      AllowedIPs = 0.0.0.0/0, ::/0

      """
  }
}

extension ProfileSource {
  fileprivate var firstPrivateKey: WireGuardKey? {
    for line in lines {
      if case .key(.privateKey, let value) = line.content { return WireGuardKey(base64: value) }
    }
    return nil
  }
}
