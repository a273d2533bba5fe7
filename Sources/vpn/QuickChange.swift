internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// `up`, `down` or `toggle`, typed without a mistake: `[-v] [NAME]`.
struct QuickChange {
  private var verb: Verb
  private var name: VPNName?

  /// - Parameter words: all that was typed after `vpn`.
  init?(_ words: [[UInt8]]) {
    guard let verb = words.first.flatMap({ Verb($0) }), verb == .up || verb == .down || verb == .toggle else { return nil }
    self.verb = verb
    for word in words.dropFirst() where !word.equals("-v") && !word.equals("--verbose") {
      guard name == nil, let given = VPNName(word) else { return nil }
      name = given
    }
  }

  /// Only the kernel's part is to be done: no resolver has to be told, no session might be cut off, no name has to be guessed.
  var isSimple: Bool {
    if Files.exists("/run/systemd/resolve") { return false }
    if verb != .down, Arguments.hasVariable("SSH_CONNECTION") { return false }
    guard let name = name else { return true }
    return hasBox(name) || Files.exists("\(Names.profiles)/\(name).conf")
  }

  /// Whether vpn-link comes back for what it cannot do itself: a box may have to be built, or to get a new tunnel. What there was before it
  /// had its lock says nothing about that.
  static func lacks(_ status: Int32) -> Bool { HelperStatus(rawValue: status).map { $0 != .done } ?? false }

  /// Its place alone, left by one that was killed while pinning, is none.
  private func hasBox(_ name: VPNName) -> Bool { (try? NetworkNamespace.pinned(at: Names.pin(name))) != nil }
}
