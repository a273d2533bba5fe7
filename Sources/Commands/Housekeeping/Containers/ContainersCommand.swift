internal import ArgumentParser
internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

struct ContainersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "containers", abstract: "Let containers of podman, docker and others have a VPN as their only network.",
    subcommands: [ContainersEnableCommand.self, ContainersDisableCommand.self, ContainersStatusCommand.self])
}

struct ContainersEnableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Tell the container engines of this machine about the VPNs.",
    discussion: """
      Writes a file for the Container Device Interface, and plugins where netavark and CNI look for them; `vpn import`, `rename`, `edit` and \
      `remove` keep them up to date. vpn-containers(7) says what to type then.
      """
        + examples("sudo vpn containers enable"))

  func run() throws { try ContainersEnableRequest().run() }
}

struct ContainersDisableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Take away what enable has written.",
    discussion: "Containers that run keep their network; they do not start again with it." + examples("sudo vpn containers disable"))

  func run() throws { try ContainersDisableRequest().run() }
}

struct ContainersStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show what was written, and what to type for each engine.")

  @Flag(help: "Print JSON: an object.")
  var json = false

  func run() throws { try ContainersStatusRequest(json: json).run() }
}

struct ContainersEnableRequest: CommandRequest {
  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    try installation.requireRoot("telling container engines about VPNs", "containers enable")
    // No profile comes or goes meanwhile.
    let lock = try installation.profiles.locked()
    defer { _ = lock }
    guard !installation.profiles.names().isEmpty else { throw Failure(ProfileFolder.noneYet) }
    _ = try installation.writeContainerFiles()
    return Answer(text: try installation.containersReport().text(style), notes: installation.untoldToContainers())
  }
}

struct ContainersDisableRequest: CommandRequest {
  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    try installation.requireRoot("changing what container engines know", "containers disable")
    let lock = try installation.profiles.locked()
    defer { _ = lock }
    return try installation.removeContainerFiles()
      ? Answer(text: "container engines know of no VPN any more\n") : Answer(notes: ["container engines knew of no VPN"])
  }
}

struct ContainersStatusRequest: CommandRequest {
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let report = try installation.containersReport()
    return Answer(text: json ? jsonText(report) : report.text(style))
  }
}

/// `vpn containers status --json` prints this. Keys are added in later versions, never renamed or removed; every key is always there.
///
/// | key | value |
/// |---|---|
/// | `enabled` | whether `vpn containers enable` was typed |
/// | `vpns` | that engines know of |
/// | `files` | what was written |
/// | `engines` | those of this machine: `name`, `version` or null, and `uses` |
/// | `uses` | `command`: what to type, with IMAGE in it; `setup`: what must be so before, in words or a command, or null |
struct ContainersReport: Codable, Equatable {
  struct Engine: Codable, Equatable {
    var name: String
    @Nullable var version: String?
    var uses: [Use]
  }

  struct Use: Codable, Equatable {
    var command: String
    @Nullable var setup: String?
  }

  var enabled: Bool
  var vpns: [String]
  var files: [String]
  var engines: [Engine]

  func text(_ style: Style) -> String {
    guard enabled else { return "container engines know of no VPN: `sudo vpn containers enable` tells them\n" }
    guard !vpns.isEmpty else { return "container engines are told of VPNs, as soon as there is one\n" }
    var text = "containers can have \(Words.list(vpns)) as their only network\n"
    if engines.isEmpty { text += "no podman, docker or nerdctl was found here; vpn-containers(7) says what they need\n" }
    for engine in engines {
      text += "\n" + style(.bold, printable([engine.name, engine.version].compactMap { $0 }.joined(separator: " "))) + "\n"
      for use in engine.uses {
        if let setup = use.setup { text += style(.faint, "  once: \(printable(setup))") + "\n" }
        text += "  \(printable(use.command))\n"
      }
    }
    return text
  }
}

extension Installation {
  func containersReport() throws(Failure) -> ContainersReport {
    let enabled = hasContainers
    let cdi = Look.text(containers.cdiFile).flatMap { JSONValue(Array($0.utf8)) }
    let vpns = enabled ? (cdi?["devices"]?.elements ?? []).compactMap { $0["name"]?.string } : []
    return ContainersReport(
      enabled: enabled, vpns: vpns, files: containerFiles(), engines: try containerEngines(vpns.first ?? "home"))
  }
}
