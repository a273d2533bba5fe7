internal import Applications
internal import LinuxSystem
internal import NetworkModel

/// A running process that would do another one's work.
struct Instance {
  var id: Int32
  var whereabouts: Whereabouts

  enum Whereabouts {
    case outside
    case vpn(VPNName)
    /// Its VPN was unlinked while it ran: it has no network.
    case cutOff(VPNName)
  }

  /// - Parameter name: where the command is to be; `nil`: outside all VPNs.
  func place(_ name: VPNName?) -> String {
    switch whereabouts {
    case .outside: "\(name.map { "outside \($0)" } ?? "in the system's network") (pid \(id))"
    case .vpn(let other): "in \(other) (pid \(id))"
    case .cutOff(let other): "without a network, cut off from \(other) (pid \(id))"
    }
  }

  /// Of one that shares its instance.
  /// - Parameter folder: with this profile; `nil`: with the ordinary one.
  static func running(_ shared: SharedInstance, outside name: VPNName?, folder: [UInt8]?) -> Instance? {
    let candidates = RunningProcess.ofThisUser().filter { shared.isProcess($0.program) || shared.isProcess($0.name) }
    return first(of: candidates, outside: name) { process in
      let arguments = process.arguments
      if let folder { return arguments.contains { $0.suffix(folder.count).elementsEqual(folder) } }
      return !shared.isApart(arguments) && (!shared.listens || !process.listeningPaths.isEmpty)
    }
  }

  /// Of one that nothing is known of: it has the same program, and listens on a UNIX socket of its own or has a name on the session's bus.
  static func listening(_ invocation: Invocation, outside name: VPNName?) -> Instance? {
    guard let file = Files.programBehind(invocation.words[0]) else { return nil }
    // A script's process has its interpreter's file, and its own name.
    let candidates =
      Files.isScript(file)
      ? RunningProcess.ofThisUser().filter { $0.name.elementsEqual(invocation.program.prefix(15)) }
      : RunningProcess.ofThisUser(running: Invocation.base(file))
    var owners: [Int32]?
    return first(of: candidates, outside: name) { process in
      if !process.listeningPaths.isEmpty { return true }
      if owners == nil { owners = SessionBus.owners() }
      return owners?.contains(process.id) == true
    }
  }

  /// The first of these processes that is not another one's child: browsers have many of one name, some of them in sandboxes.
  private static func first(
    of candidates: [RunningProcess], outside name: VPNName?, where isMeant: (RunningProcess) -> Bool
  ) -> Instance? {
    for process in candidates where !process.isDefunct {
      if let parent = process.parent, candidates.contains(where: { $0.id == parent }) { continue }
      guard let place = whereabouts(of: process, outside: name), isMeant(process) else { continue }
      return Instance(id: process.id, whereabouts: place)
    }
    return nil
  }

  /// - Returns: `nil` if it is where the command is to be.
  private static func whereabouts(of process: RunningProcess, outside name: VPNName?) -> Whereabouts? {
    guard let vpn = vpn(of: process) else { return name == nil && ControlGroup.isOutside(process.id) ? nil : .outside }
    if !process.hasLink("eth0") { return .cutOff(vpn) }
    return vpn == name ? nil : .vpn(vpn)
  }

  /// In which VPN it runs: vpn-launch mounts the command's files of name resolution with the VPN's name as their source, the innermost
  /// last. Unlike a variable, that is not inherited by what a service outside starts for the command. A variable it is where a VPN
  /// without DNS has no such files.
  static func vpn(of process: RunningProcess) -> VPNName? {
    let mounted = process.memoryFileSystems.reversed().lazy.compactMap { $0.begins(with: "vpn-") ? VPNName($0.dropFirst(4)) : nil }
    if let name = mounted.first { return name }
    return process.sharesOurNetwork ? nil : process.variable("VPNRUN").flatMap { VPNName($0) }
  }
}

/// The bus of the user's session, asked by a program of systemd's: of the names that processes have there, the kernel knows nothing.
private enum SessionBus {
  /// Processes with a name of their own by which others find them; not one of many (`org.kde.konsole-4242`), nor a player's or an icon's.
  static func owners() -> [Int32] {
    let ask = "exec busctl --user --acquired --no-legend --no-pager list 2>/dev/null"
    guard let (_, output) = try? Child.run([Array("/bin/sh".utf8), Array("-c".utf8), Array(ask.utf8)]) else { return [] }
    return output.split(separator: 0x0a).compactMap { line in
      let words = line.split(separator: 0x20)
      guard words.count > 1, let id = UserAccount.number(words[1]), !isOneOfMany(words[0], id) else { return nil }
      return Int32(truncatingIfNeeded: id)
    }
  }

  private static func isOneOfMany(_ name: ArraySlice<UInt8>, _ id: UInt32) -> Bool {
    let others: [StaticString] = ["org.mpris.", "org.kde.StatusNotifierItem", "org.freedesktop.StatusNotifierItem"]
    if others.contains(where: { name.begins(with: $0) }) { return true }
    let number = Array("\(id)".utf8)
    return name.suffix(number.count).elementsEqual(number)
  }
}
