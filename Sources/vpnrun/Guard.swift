internal import Applications
internal import LinuxSystem
internal import NetworkModel

/// What to do where the command would ask an instance of itself, which runs elsewhere, to do its work there.
enum Guard {
  case refuse, warn, off

  init?(_ word: some Collection<UInt8>) {
    if word.equals("warn") {
      self = .warn
    } else if word.equals("refuse") {
      self = .refuse
    } else if word.equals("off") {
      self = .off
    } else {
      return nil
    }
  }

  /// Costs other commands nothing: processes are looked at only for a program that is known to share an instance, or on a desktop.
  func check(_ name: VPNName, _ command: Command, isQuiet: Bool) throws(Failure) {
    if self == .off || (self == .warn && isQuiet) { return }
    try tell(Self.warning(name, command))
  }

  /// The same of a command that is to be outside all VPNs.
  func checkOutside(_ command: Command, isQuiet: Bool) throws(Failure) {
    if self == .off || (self == .warn && isQuiet) { return }
    for invocation in Invocation.all(in: command.words).flatMap({ Opener.opened(by: $0) }) {
      var other: Instance?
      var isKnown = false
      if let shared = invocation.shared {
        if command.isSeparate {
          other = command.folder.flatMap { Instance.running(shared, outside: nil, folder: $0) }
        } else if !shared.opensByItself(invocation.arguments) {
          other = Instance.running(shared, outside: nil, folder: nil)
          isKnown = shared.separation.isKnown
        }
      } else if UserSession.hasDisplay, !invocation.program.equals("vpnrun"), SharedInstance.isUnknown(invocation.program) {
        other = Instance.listening(invocation, outside: nil)
      }
      let program = String(printable: invocation.program)
      let remedy = isKnown ? "type vpnrun --direct --separate -- \(program)" : "type --guard=off if it does not"
      try tell(other.map { "\(program) is already running \($0.place(nil)), and would open this there: close it first, or \(remedy)" })
    }
  }

  private func tell(_ sentence: String?) throws(Failure) {
    guard let sentence else { return }
    if self == .refuse { throw Failure(sentence) }
    say("vpnrun: \(sentence)\n")
  }

  private static func warning(_ name: VPNName, _ command: Command) -> String? {
    for invocation in Invocation.all(in: command.words).flatMap({ Opener.opened(by: $0) }) {
      if let shared = invocation.shared {
        if let sentence = warning(of: shared, invocation, command, name) { return sentence }
      } else if UserSession.hasDisplay, !invocation.program.equals("vpnrun"), SharedInstance.isUnknown(invocation.program),
        let other = Instance.listening(invocation, outside: name)
      {
        let program = String(printable: invocation.program)
        return "\(program) is already running \(other.place(name)), and may open this there: close it first, "
          + "or type vpnrun --guard=off \(name) -- \(program) if it does not"
      }
    }
    return nil
  }

  private static func warning(of shared: SharedInstance, _ invocation: Invocation, _ command: Command, _ name: VPNName) -> String? {
    if command.isSeparate {
      guard let folder = command.folder, let other = Instance.running(shared, outside: name, folder: folder) else { return nil }
      return "\(shared.name) with this folder is already running \(other.place(name)), and would open this there: close it first"
    }
    if shared.opensByItself(invocation.arguments) { return nil }
    let remedy = remedy(shared, name, program: String(printable: invocation.program))
    if let service = shared.service { return "\(shared.name)'s \(service), outside \(name)\(remedy.isEmpty ? "" : ": \(remedy)")" }
    if let other = Instance.running(shared, outside: name, folder: nil) {
      return "\(shared.name) is already running \(other.place(name)), and would open this there: close it first"
        + (remedy.isEmpty ? "" : ", or \(remedy)")
    }
    let listening = shared.socket == nil ? [] : RunningProcess.allListeningPaths
    if let socket = shared.socket?.utf8, listening.contains(where: { $0.suffix(socket.count).elementsEqual(socket) && isOurs($0) }) {
      return "\(shared.name)'s work is done by a service of the session, outside \(name)\(remedy.isEmpty ? "" : ": \(remedy)")"
    }
    return nil
  }

  /// Any user may listen at a path that ends so.
  private static func isOurs(_ path: [UInt8]) -> Bool { Files.owner(of: String(decoding: path, as: UTF8.self)) == Process.userID }

  private static func remedy(_ shared: SharedInstance, _ name: VPNName, program: String) -> String {
    if let advice = shared.advice(vpn: "\(name)") { return "type \(advice)" }
    return shared.separation.isKnown ? "type vpnrun --separate \(name) -- \(program)" : ""
  }
}
