internal import ArgumentParser
internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Diagnose problems, and prove that nothing leaks.",
    discussion: """
      Checks the installation, the kernel, the profile, the tunnel, name resolution and the host's network; then starts a command \
      in the VPN and counts what it sends. Each finding comes with the command that fixes it. Without a name: the VPNs that are \
      linked, or else the default one. Exit status: 0, or 1 if there is a problem.
      """
        + examples(
          "vpn check home", "sudo vpn check --verbose home"))

  @Argument(help: "Only this VPN.", completion: .vpnNames)
  var name: String?

  @Flag(help: "Print JSON: an array with an object for each finding.")
  var json = false

  @Flag(name: .shortAndLong, help: "Also explain why each note matters.")
  var verbose = false

  func run() throws { try CheckRequest(name: name, json: json, verbose: verbose).run() }
}

struct CheckRequest: CommandRequest {
  var name: String?
  var json = false
  var verbose = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try installation.profiles.find(name)
    let check = Check(on: installation)
    try check.run(name)
    let findings = check.findings
    let text = json ? jsonText(findings) : checkText(findings, isVerbose: verbose, style)
    let isWell = !findings.contains { $0.severity == .problem }
    return Answer(text: text, failure: isWell ? nil : Failure(lines: [], status: .problem))
  }
}
