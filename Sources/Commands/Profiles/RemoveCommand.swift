internal import ArgumentParser
internal import LinuxSystem
internal import NetworkModel

struct RemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Delete a VPN's profile, its keys included. Needs root.",
    discussion: "Refused while it is linked, unless forced. To keep a copy, use `vpn export` first."
      + examples(
        "sudo vpn remove home"))

  @OptionGroup var vpn: NameArgument

  @Flag(help: "Do it even while the VPN is linked; it stays linked until `vpn unlink`.")
  var force = false

  func run() throws { try RemoveRequest(name: vpn.name, force: force).run() }
}

struct RemoveRequest: CommandRequest {
  var name: String
  var force = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    try installation.requireRoot("removing a VPN", "remove \(name)")
    let folder = installation.profiles
    let name = try folder.findOrDraft(name)
    let lock = try folder.locked(name)
    guard Files.exists(folder.file(of: name)) else {
      try folder.removeDraft(of: name, in: lock.descriptor)
      return Answer(text: "the draft of \(name) is removed\n")
    }
    if !force { try installation.refuseLinked(name, "--force removes its profile all the same") }
    try installation.refuseBlocked(name)
    try installation.refuseCarrying(name)
    try Failure.saying("cannot remove \(folder.file(of: name))") { () throws(SystemError) in
      try lock.descriptor.remove("\(name).conf")
      try lock.descriptor.sync()
    }
    try folder.removeDraft(of: name, in: lock.descriptor)
    installation.nameTables()
    let rest = installation.isLinked(name) ? "; it stays linked until `vpn unlink \(name)`" : ""
    return Answer(text: "\(name) is removed\(rest)\n", notes: installation.keepContainers())
  }
}
