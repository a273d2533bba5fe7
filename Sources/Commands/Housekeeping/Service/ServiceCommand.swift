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

  @Flag(help: "A service of your own (systemctl --user), which vpnrun starts.")
  var user = false

  func validate() throws {
    if user, !port.isEmpty { throw ValidationError("--port is for services of the system.") }
  }
}

struct ServiceAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Let a service have a VPN as its only network.",
    discussion: """
      The service keeps its user and its sandbox. It stops with the VPN (`vpn unlink`); started before the VPN is linked, it waits for \
      that. `vpn service show` prints the files that are written.

      With --user it is started by vpnrun, which some of a sandbox's settings do not allow; those are named then.
      """
        + examples(
          "sudo vpn service add home transmission-daemon", "sudo vpn service add home transmission-daemon --port 9091",
          "vpn service add home syncthing --user"))

  @OptionGroup var service: ServiceArguments

  func run() throws { try ServiceAddRequest(name: service.vpn.name, unit: service.unit, ports: service.port, user: service.user).run() }
}

struct ServiceShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print the files that add would write.",
    discussion: "For Ansible, Nix and others that write files themselves." + examples("vpn service show home transmission-daemon"))

  @OptionGroup var service: ServiceArguments

  func run() throws { try ServiceShowRequest(name: service.vpn.name, unit: service.unit, ports: service.port, user: service.user).run() }
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

  @Flag(help: "A service of your own (systemctl --user).")
  var user = false

  func run() throws { try ServiceRemoveRequest(unit: unit, user: user).run() }
}

struct ServiceShowRequest: CommandRequest {
  var name: String
  var unit: String
  var ports: [String] = []
  var user = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let files = user ? [try installation.userServiceFile(name, unit).file] : try installation.serviceFiles(name, unit, ports)
    return Answer(text: files.map { "# \($0.path)\n\($0.text)" }.joined(separator: "\n"))
  }
}

struct ServiceAddRequest: CommandRequest {
  var name: String
  var unit: String
  var ports: [String] = []
  var user = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    if user { return try addUsers(installation) }
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

  private func addUsers(_ installation: Installation) throws(Failure) -> Answer {
    try installation.refuseRoot(unit)
    let (file, notes) = try installation.userServiceFile(name, unit)
    guard !installation.isForeign(file.path) else {
      throw Failure("\(printable(file.path)) is there already, and not made here: remove it first")
    }
    try OwnFile.write(file.path, file.text)
    let plain = try ServiceUnit(unit)
    let text = "\(plain.name) runs in \(name) from its next start on\nNext: systemctl --user restart \(plain.file)\n"
    return Answer(text: text, notes: notes + installation.reloadManager(isUsers: true))
  }
}

struct ServiceRemoveRequest: CommandRequest {
  var unit: String
  var user = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    if user { return try removeUsers(installation) }
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

  private func removeUsers(_ installation: Installation) throws(Failure) -> Answer {
    try installation.refuseRoot(unit)
    let plain = try ServiceUnit(unit)
    guard installation.userServices().contains(where: { $0.unit == plain.name }) else {
      return Answer(notes: ["\(plain.name) of yours was not added to a VPN"])
    }
    let place = "\(installation.userUnits)/\(plain.file).d"
    let path = "\(place)/\(ServiceFiles.dropIn)"
    try Failure.saying("cannot remove \(printable(path))") { () throws(SystemError) in try Files.remove(path) }
    Files.removeEmptyFolder(place)
    let text = "\(plain.name) has the host's network from its next start on\nNext: systemctl --user restart \(plain.file)\n"
    return Answer(text: text, notes: installation.reloadManager(isUsers: true))
  }
}

extension Installation {
  /// Whose home it would be is another's.
  fileprivate func refuseRoot(_ unit: String) throws(Failure) {
    guard !isRoot else {
      throw Failure("--user is for a user's own services: without sudo, or without --user for a service of the system")
    }
  }
}

/// `vpn service list --json` prints an array of these. Keys are added in later versions, never renamed or removed; every key is always
/// there.
///
/// | key | value |
/// |---|---|
/// | `unit`, `vpn` | which service is in which VPN |
/// | `ports` | `address`, null for those of loopback, and `port` |
/// | `user` | it is a service of the user who asks, not of the system |
struct ServiceReport: Codable, Equatable {
  struct Port: Codable, Equatable {
    @Nullable var address: String?
    var port: UInt16
  }
  var unit: String
  var vpn: String
  var ports: [Port]
  var user = false
}

struct ServiceListRequest: CommandRequest {
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let services = installation.services() + (installation.isRoot ? [] : installation.userServices())
    if json { return Answer(text: jsonText(services)) }
    guard !services.isEmpty else { return Answer(notes: ["no service was added to a VPN; `sudo vpn service add NAME UNIT` does that"]) }
    var table = Table()
    table.rows.append(["VPN", "SERVICE", "PORTS"].map { .init($0, .faint) })
    for service in services {
      let ports = service.ports.map { port in (port.address.map { $0 + ":" } ?? "") + "\(port.port)" }.joined(separator: ", ")
      table.rows.append([
        .init(service.vpn, .bold), .init(service.user ? "\(service.unit) (user)" : service.unit), .init(ports.isEmpty ? "-" : ports),
      ])
    }
    return Answer(text: table.text(style))
  }
}
