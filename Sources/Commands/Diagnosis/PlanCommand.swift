internal import ArgumentParser
internal import LinuxSystem
internal import NetworkModel

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Print what would be done as a script of ip, nft and wg lines.",
    discussion: """
      A script for root that does the same on this host. It holds no key: it reads them from the profile. Nothing is changed. Without an \
      action: link, up, and a command, which the script takes as its arguments.
      """)

  @OptionGroup var vpn: NameArgument

  @Argument(help: "link, up, launch, down or unlink.", completion: .list(PlannedAction.allCases.map(\.rawValue)))
  var action: PlannedAction?

  func run() throws { try PlanRequest(name: vpn.name, action: action).run() }
}

enum PlannedAction: String, CaseIterable, ExpressibleByArgument { case link, up, launch, down, unlink }

struct PlanRequest: CommandRequest {
  var name: String
  var action: PlannedAction?

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try installation.profiles.find(name)
    var answer = Answer()
    let change = HelperChange(verb: .plan, name: name, words: action.map { [$0.rawValue] } ?? [])
    answer.text = try change.perform(on: installation, notes: &answer.notes)
    return answer
  }
}
