internal import ArgumentParser
internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

struct RefreshCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refresh", abstract: "Adapt to a changed network (new uplink, resume).",
    discussion: """
      Resolves the endpoints' host names again, and corrects MTU, addresses and rules. The network's hooks call it, for a new uplink \
      or after suspend. Programs keep their connections.
      """
        + examples(
          "vpn refresh", "vpn refresh -v home"))

  @Argument(help: "Only this VPN; otherwise all that are linked.", completion: .vpnNames)
  var name: String?

  @OptionGroup var output: VerboseOption

  func run() throws { try RefreshRequest(name: name, verbose: output.verbose).run() }
}

struct RefreshRequest: CommandRequest {
  var name: String?
  var verbose = false

  /// One VPN whose endpoint cannot be resolved does not keep the others from theirs.
  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let names: [VPNName]
    if let name {
      names = [try installation.linkedOrKnown(name)]
    } else {
      names = try installation.helper.show().compactMap(\.vpn).filter { $0.linked && $0.allowed }.compactMap { VPNName($0.name) }
      if names.isEmpty { return Answer(text: "no VPN is linked\n") }
    }
    var answer = Answer()
    for name in names {
      do throws(Failure) {
        answer.text += try HelperChange(verb: .refresh, name: name, verbose: verbose).perform(on: installation, notes: &answer.notes)
      } catch {
        guard error.status == .failure else { throw error }
        answer.failure = Failure(lines: (answer.failure?.lines ?? []) + error.lines)
      }
    }
    answer.notes += installation.tellResolver(verbose: verbose)
    return answer
  }
}
