public import ArgumentParser
public import HelperWire
internal import LinuxSystem
internal import NetworkModel

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Print what would be done as a script of ip, nft and wg lines.",
    discussion: """
      The script is for root, and does the same on this host. It contains no key: it reads them from the profile. `vpn plan` itself \
      changes nothing. Without an action: link, up, and launch, which runs the script's arguments as a command.
      """
        + examples(
          "vpn plan home up", "vpn plan home | sudo bash -s curl https://ifconfig.co"))

  @OptionGroup var vpn: NameArgument

  @Argument(help: "link, up, launch, down or unlink.", completion: .list(PlannedAction.allCases.map(\.rawValue)))
  var action: PlannedAction?

  func run() throws { try PlanRequest(name: vpn.name, action: action).run() }
}

extension PlannedAction: ExpressibleByArgument {}

struct PlanRequest: CommandRequest {
  var name: String
  var action: PlannedAction?

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try installation.profiles.find(name)
    var answer = Answer()
    var change = HelperChange(verb: .plan, name: name)
    change.action = action
    answer.text = try change.perform(on: installation, notes: &answer.notes)
    return answer
  }
}
