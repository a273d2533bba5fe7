internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// `up`, `down` or `toggle`, typed without a mistake: `[-v] [NAME]`.
struct QuickChange {
  private enum Verb { case up, down, toggle }
  private var verb: Verb
  private var name: VPNName?

  /// - Parameter words: all that was typed after `vpn`.
  init?(_ words: [[UInt8]]) {
    guard let first = words.first else { return nil }
    if first.equals("up") {
      verb = .up
    } else if first.equals("down") {
      verb = .down
    } else if first.equals("toggle") {
      verb = .toggle
    } else {
      return nil
    }
    for word in words.dropFirst() where !word.equals("-v") && !word.equals("--verbose") {
      guard name == nil, let given = VPNName(word) else { return nil }
      name = given
    }
  }

  /// Nothing is to be done beside the kernel's part: nobody to be told of it, no session that might be cut off, no name to be guessed.
  var isSimple: Bool {
    if Files.exists("/run/systemd/resolve") { return false }
    if verb != .down, Arguments.hasVariable("SSH_CONNECTION") { return false }
    guard let name else { return true }
    return hasBox(name) || Files.exists("\(Names.profiles)/\(name).conf")
  }

  /// vpn-link may come back for what it cannot do itself.
  var mayLack: Bool {
    guard verb != .down else { return false }
    return name.map { !hasBox($0) } ?? true
  }

  /// vpn-link's ways to say that the kernel has no WireGuard and no userspace device waits for it, and that an endpoint's name is to be
  /// resolved.
  static func lacks(_ status: Int32) -> Bool { status == 4 || status == 5 }

  /// A plain file in its place, left by one that was killed while pinning, is none.
  private func hasBox(_ name: VPNName) -> Bool { (try? NetworkNamespace.pinned(at: Names.pin(name))) != nil }
}
