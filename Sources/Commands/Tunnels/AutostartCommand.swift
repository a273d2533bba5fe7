internal import ArgumentParser
internal import Diagnosis
internal import HelperWire
internal import LinuxSystem

struct AutostartCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autostart", abstract: "Link and take up the VPNs whose profiles say so.",
    discussion: """
      These are the VPNs with `Autostart = link` or `Autostart = up`, in the order of their IDs. If one fails, the others are still \
      done. To do this when the system starts: `systemctl enable vpnrun`.
      """
        + examples(
          "vpn autostart -v"))

  @OptionGroup var output: VerboseOption

  func run() throws { try AutostartRequest(verbose: output.verbose).run() }
}

struct AutostartRequest: CommandRequest {
  var verbose = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    var answer = Answer()
    var problems: [String]?
    for report in try installation.helper.show() {
      do throws(Failure) {
        guard let done = try start(report, on: installation, style) else { continue }
        answer.text += done.text
        answer.notes += done.notes
      } catch {
        guard error.status == .failure else { throw error }
        problems = (problems ?? []) + error.lines
      }
    }
    answer.failure = problems.map { Failure(lines: $0) }
    if answer.text.isEmpty, problems == nil { answer.text = "no VPN has Autostart = link or up\n" }
    return answer
  }

  private func start(_ report: Report, on installation: Installation, _ style: Style) throws(Failure) -> Answer? {
    switch report {
    case .unreadable(_, let error, _): throw Failure(printable(error))
    case .vpn(let vpn):
      switch vpn.autostart {
      case .no: return nil
      case .link: return try LinkBoxRequest(name: vpn.name, verbose: verbose).perform(on: installation, style: style)
      case .up: return try UpRequest(name: vpn.name, verbose: verbose).perform(on: installation, style: style)
      }
    }
  }
}
