internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

/// What was typed: `[NAME] PID|LABEL PORT...`.
struct PublishTarget: Equatable {
  var name: String?
  var what: String
  var ports: [PublishedPort]

  /// - Parameter isVPN: whether a word is a VPN's name. A first word that is one is that, if two or more follow.
  init(_ words: [String], isVPN: (String) -> Bool) throws(Failure) {
    var rest = words[...]
    name = words.count > 2 && isVPN(words[0]) ? rest.popFirst() : nil
    what = rest.popFirst() ?? ""
    ports = []
    for word in rest {
      guard let port = PublishedPort(word.utf8) else {
        throw Failure("'\(printable(word))' is no port to hand on: 8080, 8080:80, 0.0.0.0:8080:80 or 5353:53/udp", status: .usage)
      }
      if !ports.contains(port) { ports.append(port) }
    }
    guard PublishedPort.text(ports).utf8.count <= PublishedPort.maximumOfText else {
      throw Failure("these are too many ports for one command", status: .usage)
    }
  }

  init(name: String?, what: String, ports: [PublishedPort]) { (self.name, self.what, self.ports) = (name, what, ports) }

  init(_ words: [String], on installation: Installation) throws(Failure) {
    try self.init(words) { word in (try? installation.linkedOrKnown(word)) != nil }
  }

  func find(on installation: Installation) throws(Failure) -> RunningCommand {
    try FindRunningRequest.find(what, in: name, on: installation, to: "publish its ports")
  }
}

struct PublishAddRequest: CommandRequest {
  var words: [String]

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let target = try PublishTarget(words, on: installation)
    let found = try target.find(on: installation)
    let (command, listening) = (found.command, installation.processes.ports(of: Process.id))
    // One whose process was killed is not there.
    let new = target.ports.filter { !command.publishedPorts.contains($0) || !listening.contains(listener(of: $0)) }
    if !new.isEmpty { try add(new, found, on: installation) }
    return Answer(
      text: target.ports.map { port in
        "\(port.sentence) leads to port \(port.target.port) of \(command.phrase) in \(command.vpn)\(new.contains(port) ? "" : " already")\n"
      }.joined())
  }

  /// The process that listens comes first: a port that is in use is found before anything is changed.
  private func add(_ ports: [PublishedPort], _ found: RunningCommand, on installation: Installation) throws(Failure) {
    guard let name = VPNName(found.command.vpn) else { return }
    let namespace = try found.openNetwork()
    var publication = Publication()
    publication.added = ports
    let relay: Int32
    do throws(RelayFailure) {
      relay = try RelayProcess.start(ports.map { RelayedPort($0) }, link: name.description, ends: .withNetwork) { alias in
        Occupant(alias: ByteString(alias))?.published.map { RelayedPort($0) } ?? []
      }
    } catch {
      guard let number = error.port, number < ports.count else {
        throw Failure("cannot start the process that listens: \(error.cause.reason)")
      }
      let holder = try CommandReport.all(on: installation, in: nil).first { other in
        other.publishedPorts.contains { $0.isSamePlace(as: ports[number]) }
      }
      let whose = holder.map { "; it leads to \($0.phrase) in \($0.vpn)" } ?? ""
      throw Failure("cannot publish \(ports[number].sentence): \(error.cause.reason)\(whose)")
    }
    let channel = FileDescriptor(owning: relay)
    publication.relay = channel.raw
    _ = try installation.helper.publish(name, publication, namespace)
  }
}

struct PublishRemoveRequest: CommandRequest {
  var words: [String]

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let target = try PublishTarget(words, on: installation)
    let found = try target.find(on: installation)
    let command = found.command
    var publication = Publication()
    for port in target.ports {
      // Who types no second port means whichever it leads to.
      let known = command.publishedPorts.first {
        $0.isSamePlace(as: port) && (port.target.port == port.port || port.target == $0.target)
      }
      guard let known else {
        throw Failure("\(port.sentence) does not lead to \(command.phrase): `vpn publish list` shows those that do")
      }
      publication.removed.append(known)
    }
    guard let name = VPNName(command.vpn) else { return Answer() }
    let namespace = try found.openNetwork()
    let count = try installation.helper.publish(name, publication, namespace)
    guard count == publication.removed.count else {
      throw Failure("\(command.phrase) has changed in this moment: `vpn publish list` shows its ports now")
    }
    // The process that listens is told by the kernel.
    for attempt in 0...100 {
      let listening = installation.processes.ports(of: Process.id)
      guard let left = publication.removed.first(where: { listening.contains(listener(of: $0)) }) else { break }
      guard attempt < 100 else {
        throw Failure("\(left.sentence) leads to \(command.phrase) no more, but something still listens there: `ss -tulpn` shows what")
      }
      Process.sleep(milliseconds: 10)
    }
    return Answer(text: publication.removed.map { "\($0.sentence) leads to \(command.phrase) no more\n" }.joined())
  }
}

struct PublishListRequest: CommandRequest {
  var name: String?
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let listening = installation.processes.ports(of: Process.id)
    let reports = try CommandReport.all(on: installation, in: name).flatMap { command in
      command.publishedPorts.map { PublishedReport($0, command, isListening: listening.contains(listener(of: $0))) }
    }
    if json { return Answer(text: jsonText(reports)) }
    let place = name.map { " in \(printable($0))" } ?? ""
    guard !reports.isEmpty else { return Answer(notes: ["no port of this machine leads to a command\(place)"]) }
    return Answer(text: publishedText(reports, width: installation.width, style), notes: reports.compactMap(\.note))
  }
}

/// The socket by which a port is handed on.
private func listener(of port: PublishedPort) -> ProcessTable.Port {
  ProcessTable.Port(protocol: port.target.transport.name, port: port.port, address: port.address.description)
}

extension CommandReport {
  var publishedPorts: [PublishedPort] { published.compactMap { PublishedPort($0.utf8) } }

  /// In a sentence.
  var phrase: String { attached ? "\(printable(command)) (attached)" : "\(printable(command)) (pid \(pid))" }
}

extension RelayedPort {
  fileprivate init(_ port: PublishedPort) {
    self.init(isStream: port.target.transport == .tcp, address: port.address.bytes, port: port.port, target: port.target.port)
  }
}
