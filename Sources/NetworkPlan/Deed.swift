public import NetworkModel

/// What somebody did with a VPN, as a line of the system's log has it: `uid 1000 runs curl in home`.
public enum Deed: Equatable, Sendable {
  /// - Parameters: the command's name; its user, if root has started it for another.
  case run(String, for: UInt32?)
  case link, unlink, reload, up, down

  /// Who writes such lines.
  public static let programs = ["vpnrun", "vpn-link"]

  public func line(of name: VPNName, by uid: UInt32) -> String {
    switch self {
    case .run(let command, nil): "uid \(uid) runs \(command) in \(name)"
    case .run(let command, let user?): "uid \(uid) for uid \(user) runs \(command) in \(name)"
    case .link: "uid \(uid) links \(name)"
    case .unlink: "uid \(uid) unlinks \(name)"
    case .reload: "uid \(uid) reloads \(name)"
    case .up: "uid \(uid) takes \(name) up"
    case .down: "uid \(uid) takes \(name) down"
    }
  }

  /// - Returns: `nil` for any other line.
  public static func read(_ line: some Collection<UInt8>) -> (deed: Deed, name: VPNName, uid: UInt32)? {
    var words = line.split(separator: 0x20, omittingEmptySubsequences: false)[...]
    guard let uid = number(&words) else { return nil }
    var user: UInt32?
    if words.first?.elementsEqual("for".utf8) == true {
      words.removeFirst()
      user = number(&words)
      guard user != nil else { return nil }
    }
    guard let verb = words.popFirst(), let last = words.popLast() else { return nil }
    // A command may have any name: what counts is the first verb and the last word.
    if verb.elementsEqual("runs".utf8) {
      guard words.popLast()?.elementsEqual("in".utf8) == true, !words.isEmpty, let name = VPNName(last) else { return nil }
      return (.run(String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self), for: user), name, uid)
    }
    guard user == nil else { return nil }
    if verb.elementsEqual("takes".utf8) {
      guard words.count == 1, let name = VPNName(words.first!) else { return nil }
      if last.elementsEqual("up".utf8) { return (.up, name, uid) }
      return last.elementsEqual("down".utf8) ? (.down, name, uid) : nil
    }
    guard words.isEmpty, let name = VPNName(last) else { return nil }
    if verb.elementsEqual("links".utf8) { return (.link, name, uid) }
    if verb.elementsEqual("unlinks".utf8) { return (.unlink, name, uid) }
    return verb.elementsEqual("reloads".utf8) ? (.reload, name, uid) : nil
  }

  private static func number<Word: Collection<UInt8>>(_ words: inout ArraySlice<Word>) -> UInt32? {
    guard words.popFirst()?.elementsEqual("uid".utf8) == true else { return nil }
    return words.popFirst().flatMap { UInt32(decimal: $0) }
  }

  public static func == (a: Deed, b: Deed) -> Bool {
    switch (a, b) {
    case (.run(let one, let its), .run(let other, let their)): one.utf8.elementsEqual(other.utf8) && its == their
    case (.link, .link), (.unlink, .unlink), (.reload, .reload), (.up, .up), (.down, .down): true
    default: false
    }
  }
}
