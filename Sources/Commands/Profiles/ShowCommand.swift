internal import ArgumentParser
internal import LinuxSystem
internal import NetworkModel
internal import Profile

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a VPN's profile, without its keys.",
    discussion: "Only root may read the file. Other users see what `vpn list --json` says."
      + examples(
        "vpn show home", "sudo vpn show --secrets home"))

  @OptionGroup var vpn: NameArgument

  @Flag(help: "Show the keys as well. Needs root.")
  var secrets = false

  func run() throws { try ShowRequest(name: vpn.name, secrets: secrets).run() }
}

struct ShowRequest: CommandRequest {
  var name: String
  var secrets = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    if secrets { try installation.requireRoot("showing keys", "show \(name) --secrets") }
    let name = try installation.profiles.find(name)
    guard installation.isRoot else {
      let vpn = try installation.helper.show(name)
      return Answer(
        text: showText(vpn, width: installation.width, style), notes: ["only root may read the file itself: sudo vpn show \(name)"])
    }
    guard let content = try installation.profiles.contents(of: name) else { throw Failure("there is no VPN '\(name)' any more") }
    var answer = Answer(text: ProfileSource(content).text(secrets: secrets))
    do throws(ProfileErrors) { _ = try Profile.parse(content) } catch {
      answer.notes = ["it cannot be used as it is:"] + error.lines(of: installation.profiles.file(of: name))
    }
    return answer
  }
}
