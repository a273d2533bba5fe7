internal import ArgumentParser
internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

struct ServiceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "service", abstract: "Run a service of systemd in a VPN.",
    subcommands: [ServiceAddCommand.self, ServiceListCommand.self, ServiceShowCommand.self, ServiceRemoveCommand.self])
}

struct ServiceArguments: ParsableArguments {
  @OptionGroup var vpn: NameArgument

  @Argument(help: "The service's unit, with or without .service.", completion: .shellCommand("systemctl list-unit-files --type=service"))
  var unit: String

  @Option(
    help: ArgumentHelp(
      "Let this machine reach this TCP port of the service, or with ADDRESS:PORT, who reaches that address; [::]:PORT: all.",
      valueName: "port"))
  var port: [String] = []
}

struct ServiceAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Let a service have a VPN as its only network.",
    discussion: """
      The service keeps its user and its sandbox. It stops with the VPN (`vpn unlink`); started before the VPN is linked, it waits for \
      that. `vpn service show` prints the files that are written.
      """
        + examples(
          "sudo vpn service add home transmission-daemon", "sudo vpn service add home transmission-daemon --port 9091"))

  @OptionGroup var service: ServiceArguments

  func run() throws { try ServiceAddRequest(name: service.vpn.name, unit: service.unit, ports: service.port).run() }
}

struct ServiceShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print the files that add would write.",
    discussion: "For Ansible, Nix and others that write files themselves." + examples("vpn service show home transmission-daemon"))

  @OptionGroup var service: ServiceArguments

  func run() throws { try ServiceShowRequest(name: service.vpn.name, unit: service.unit, ports: service.port).run() }
}

struct ServiceListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Show the services that were added.")

  @Flag(help: "Print JSON: an array with an object for each service.")
  var json = false

  func run() throws { try ServiceListRequest(json: json).run() }
}

struct ServiceRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Give a service the network that it had before.",
    discussion: "From its next start on." + examples("sudo vpn service remove transmission-daemon"))

  @Argument(help: "The service's unit, with or without .service.")
  var unit: String

  func run() throws { try ServiceRemoveRequest(unit: unit).run() }
}

struct ServiceShowRequest: CommandRequest {
  var name: String
  var unit: String
  var ports: [String] = []

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let files = try installation.serviceFiles(name, unit, ports)
    return Answer(text: files.map { "# \($0.path)\n\($0.text)" }.joined(separator: "\n"))
  }
}

struct ServiceAddRequest: CommandRequest {
  var name: String
  var unit: String
  var ports: [String] = []

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    try installation.requireRoot("changing a service", "service add \(name) \(unit)")
    let files = try installation.serviceFiles(name, unit, ports)
    let plain = try ServiceUnit(unit)
    for file in files where installation.isForeign(file.path) {
      throw Failure("\(printable(file.path)) is there already, and not made here: remove it first")
    }
    // Whatever ends this half-way, the service has no network but the VPN.
    for file in files { try OwnFile.write(file.path, file.text) }
    // What an earlier `add` has written besides, for other ports.
    try installation.removeService(plain, except: files)
    var answer = Answer(notes: installation.reloadManager())
    if !installation.knowsUnit(plain) { answer.notes.append("there is no unit \(plain.file) yet: what was written is for when it comes") }
    answer.text = "\(plain.name) has \(name) as its only network from its next start on\n"
    let sockets = files.filter { $0.path.hasSuffix(".socket") }.map { $0.path.lastPathPart }
    answer.text += "Next: sudo systemctl restart \(plain.file)\n"
    for socket in sockets { answer.text += "      sudo systemctl enable --now \(socket)\n" }
    return answer
  }
}

struct ServiceRemoveRequest: CommandRequest {
  var unit: String

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    try installation.requireRoot("changing a service", "service remove \(unit)")
    let plain = try ServiceUnit(unit)
    let made = installation.services().first { $0.unit == plain.name }
    guard let made else { return Answer(notes: ["\(plain.name) was not added to a VPN"]) }
    try installation.removeService(plain)
    var text = "\(plain.name) has the host's network from its next start on\n"
    for port in made.ports { text += "Next: sudo systemctl disable --now \(plain.socket(port.port))\n" }
    // Its file is gone, so that nothing else ends it.
    text += "Next: sudo systemctl restart \(plain.file)\n"
    text += "      sudo systemctl stop \(plain.isTemplate ? "'vpnrun-attach-\(plain.name)*'" : plain.attachment)\n"
    return Answer(text: text, notes: installation.reloadManager())
  }
}

/// `vpn service list --json` prints an array of these. Keys are added in later versions, never renamed or removed; every key is always there.
///
/// | key | value |
/// |---|---|
/// | `unit`, `vpn` | which service is in which VPN |
/// | `ports` | `address`, null for those of loopback, and `port` |
struct ServiceReport: Codable, Equatable {
  struct Port: Codable, Equatable {
    @Nullable var address: String?
    var port: UInt16
  }
  var unit: String
  var vpn: String
  var ports: [Port]
}

struct ServiceListRequest: CommandRequest {
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let services = installation.services()
    if json { return Answer(text: jsonText(services)) }
    guard !services.isEmpty else { return Answer(notes: ["no service was added to a VPN; `sudo vpn service add NAME UNIT` does that"]) }
    var table = Table()
    table.rows.append(["VPN", "SERVICE", "PORTS"].map { .init($0, .faint) })
    for service in services {
      let ports = service.ports.map { port in (port.address.map { $0 + ":" } ?? "") + "\(port.port)" }.joined(separator: ", ")
      table.rows.append([.init(service.vpn, .bold), .init(service.unit), .init(ports.isEmpty ? "-" : ports)])
    }
    return Answer(text: table.text(style))
  }
}
