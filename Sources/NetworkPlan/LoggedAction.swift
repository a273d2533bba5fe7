public import NetworkModel

/// What a user did with a VPN, as a line of the system's log has it: `uid 1000 runs curl in home`.
public enum LoggedAction: Equatable, Sendable {
  /// - Parameters: the command's name; its user, if root has started it for another.
  case run(ByteString, for: UInt32?)
  /// The command's name: it is not in the VPN, though the system is.
  case runOutside(ByteString)
  case link, unlink, reload, up, down
  /// - Parameters: what was opened, or is closed again; the command's name or the label; as in `run`.
  case way(LoggedWay, of: ByteString, for: UInt32?)
  /// The namespace's label.
  case attach(ByteString)
  case detach(ByteString)
  /// Whatever was asked for: the caller may not use the VPN, or not take it up and down.
  case refused

  /// Who writes such lines.
  public static let programs = ["vpnrun", "vpn-link"]

  public func line(of name: VPNName, by uid: UInt32) -> String {
    switch self {
    case .run(let command, nil): "uid \(uid) runs \(command) in \(name)"
    case .run(let command, let user?): "uid \(uid) for uid \(user) runs \(command) in \(name)"
    case .runOutside(let command): "uid \(uid) runs \(command) outside \(name)"
    case .attach(let label): "uid \(uid) attaches \(label) to \(name)"
    case .detach(let label): "uid \(uid) detaches \(label) from \(name)"
    case .way(let way, let command, nil): "uid \(uid) \(way.kind.verb) \(way.what) \(way.kind.preposition) \(command) in \(name)"
    case .way(let way, let command, let user?):
      "uid \(uid) for uid \(user) \(way.kind.verb) \(way.what) \(way.kind.preposition) \(command) in \(name)"
    case .link: "uid \(uid) links \(name)"
    case .unlink: "uid \(uid) unlinks \(name)"
    case .reload: "uid \(uid) reloads \(name)"
    case .up: "uid \(uid) takes \(name) up"
    case .down: "uid \(uid) takes \(name) down"
    case .refused: "uid \(uid) is refused \(name)"
    }
  }

  /// - Returns: `nil` for any other line.
  public static func read(_ line: some Collection<UInt8>) -> (action: LoggedAction, name: VPNName, uid: UInt32)? {
    var words = line.split(separator: 0x20, omittingEmptySubsequences: false)[...]
    guard let uid = number(&words) else { return nil }
    var user: UInt32?
    if words.first.map({ ByteString($0) }) == "for" {
      words.removeFirst()
      user = number(&words)
      guard user != nil else { return nil }
    }
    guard let verb = words.popFirst(), let last = words.popLast() else { return nil }
    // A command may have any name: what counts is the first verb and the last word.
    if ByteString(verb) == "runs" {
      guard let word = words.popLast(), !words.isEmpty, let name = VPNName(last) else { return nil }
      let command = ByteString(Array(words.joined(separator: [0x20])))
      if user == nil, ByteString(word) == "outside" { return (.runOutside(command), name, uid) }
      guard ByteString(word) == "in" else { return nil }
      return (.run(command, for: user), name, uid)
    }
    if let kind = LoggedWay.Kind.allCases.first(where: { $0.verb == ByteString(verb) }) {
      guard let what = words.popFirst(), !what.isEmpty, let before = words.popFirst(), ByteString(before) == kind.preposition,
        let after = words.popLast(), ByteString(after) == "in", !words.isEmpty, let name = VPNName(last)
      else { return nil }
      return (.way(LoggedWay(kind, ByteString(what)), of: ByteString(Array(words.joined(separator: [0x20]))), for: user), name, uid)
    }
    guard user == nil else { return nil }
    let isAttached = ByteString(verb) == "attaches"
    if isAttached || ByteString(verb) == "detaches" {
      guard let word = words.popLast(), ByteString(word) == (isAttached ? "to" : "from"), !words.isEmpty, let name = VPNName(last) else {
        return nil
      }
      let label = ByteString(Array(words.joined(separator: [0x20])))
      return (isAttached ? .attach(label) : .detach(label), name, uid)
    }
    if ByteString(verb) == "is" {
      guard words.popFirst().map({ ByteString($0) }) == "refused", words.isEmpty, let name = VPNName(last) else { return nil }
      return (.refused, name, uid)
    }
    let action: LoggedAction
    switch (ByteString(verb), words.isEmpty ? nil : ByteString(last)) {
    case ("links", nil): action = .link
    case ("unlinks", nil): action = .unlink
    case ("reloads", nil): action = .reload
    case ("takes", "up"?): action = .up
    case ("takes", "down"?): action = .down
    default: return nil
    }
    guard words.count < 2, let name = VPNName(words.first ?? last) else { return nil }
    return (action, name, uid)
  }

  private static func number<Word: Collection<UInt8>>(_ words: inout ArraySlice<Word>) -> UInt32? {
    guard words.popFirst().map({ ByteString($0) }) == "uid" else { return nil }
    return words.popFirst().flatMap { UInt32(decimal: $0) }
  }
}
