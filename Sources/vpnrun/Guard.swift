internal import Applications
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

/// What to do where the command would ask an instance of itself, which runs elsewhere, to open its window there.
enum Guard {
  case warn, refuse, off

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

  /// Costs other commands nothing: processes are looked at only for a program that is known to share an instance.
  /// - Parameter command: its words, at least one.
  func check(_ name: VPNName, _ command: ArraySlice<[UInt8]>, isQuiet: Bool) throws(Failure) {
    if self == .off || (self == .warn && isQuiet) { return }
    guard let sentence = Self.warning(name, command) else { return }
    if self == .refuse { throw Failure(sentence) }
    say("vpnrun: \(sentence)\n")
  }

  private static func warning(_ name: VPNName, _ command: ArraySlice<[UInt8]>) -> String? {
    let program = command.first?.split(separator: 0x2f).last.map { Array($0) } ?? []
    guard let shared = SharedInstance.started(by: program) else { return nil }
    guard !shared.opensByItself(Array(command.dropFirst())) else { return nil }
    let remedy = remedy(shared, name, program: String(printable: program))
    if shared.processes.isEmpty { return "\(shared.name)'s windows are opened by a service of the session, outside \(name)\(remedy)" }
    guard let other = instance(of: shared, outside: name) else { return nil }
    let place = other.vpn.map { "in \($0)" } ?? "outside \(name)"
    return "\(shared.name) is already running \(place) (pid \(other.id)), and would open its window there: close it first\(remedy)"
  }

  /// The first process that is not another one's child: browsers have many of one name, some of them in sandboxes.
  private static func instance(of shared: SharedInstance, outside name: VPNName) -> (id: Int32, vpn: VPNName?)? {
    let matches = RunningProcess.ofThisUser().filter { shared.isProcess($0.program) || shared.isProcess($0.name) }
    for process in matches {
      guard !process.isDefunct else { continue }
      if let parent = process.parent, matches.contains(where: { $0.id == parent }) { continue }
      let vpn = vpn(of: process)
      if vpn != name, !shared.isApart(process.arguments) { return (process.id, vpn) }
    }
    return nil
  }

  /// In which VPN it runs: vpn-launch mounts the command's files of name resolution with the VPN's name as their source, the innermost
  /// last. Unlike a variable, that is not inherited by what a service outside starts for the command. A variable it is where a VPN
  /// without DNS has no such files.
  static func vpn(of process: RunningProcess) -> VPNName? {
    let mounted = process.memoryFileSystems.reversed().lazy.compactMap { $0.begins(with: "vpn-") ? VPNName($0.dropFirst(4)) : nil }
    if let name = mounted.first { return name }
    return process.sharesOurNetwork ? nil : process.variable("VPNRUN").flatMap { VPNName($0) }
  }

  private static func remedy(_ shared: SharedInstance, _ name: VPNName, program: String) -> String {
    guard shared.separation.isKnown else { return "" }
    let folder = "\"$HOME/.local/share/vpnrun/\(name)/\(shared.commands[0])\""
    let words = shared.separation.before + [program] + shared.separation.after(folder: folder, url: folder, vpn: name.description)
    let whole = words.reduce("vpnrun \(name) --") { $0 + " " + $1 }
    return shared.processes.isEmpty ? ": type \(whole)" : ", or type \(whole)"
  }
}
