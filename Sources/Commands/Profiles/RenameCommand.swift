internal import ArgumentParser
internal import LinuxSystem
internal import NetworkModel

struct RenameCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rename", abstract: "Give a VPN another name; it keeps its ID. Needs root.",
    discussion: "Refused while it is linked, because links on this machine have its name."
      + examples(
        "sudo vpn rename home office"))

  @OptionGroup var vpn: NameArgument

  @Argument(help: "The new name.")
  var new: String

  func validate() throws {
    if VPNName(new) == nil { throw ValidationError(VPNName.rule) }
  }

  func run() throws {
    guard let new = VPNName(new) else { return }
    try RenameRequest(name: vpn.name, new: new).run()
  }
}

struct RenameRequest: CommandRequest {
  var name: String
  var new: VPNName

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    try installation.requireRoot("renaming a VPN", "rename \(name) \(new)")
    let folder = installation.profiles
    let name = try folder.find(name)
    guard name != new else { return Answer(text: "\(name) has that name already\n") }
    let lock = try folder.locked(name)
    try installation.refuseLinked(name)
    try installation.refuseBlocked(name)
    try installation.refuseCarrying(name)
    try installation.refuseTaken(new, insteadOf: name)
    try Failure.saying("cannot rename \(folder.file(of: name))") { () throws(SystemError) in
      try lock.descriptor.rename("\(name).conf", to: "\(new).conf")
      try lock.descriptor.sync()
    }
    installation.nameTables()
    return Answer(text: "\(name) is now \(new)\n", notes: installation.keepContainers())
  }
}
