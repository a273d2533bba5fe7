public import NetworkModel

/// What `vpn plan` can be asked for.
public enum PlannedAction: String, CaseIterable, Sendable {
  case link, up, launch, down, unlink

  /// The way to a command in a VPN which also carries the system. The command comes last, for the script becomes it.
  public static let usual: [PlannedAction] = [.link, .up, .launch]

  init?(_ word: [UInt8]) {
    guard let found = Self.allCases.first(where: { word.elementsEqual($0.word.utf8) }) else { return nil }
    self = found
  }

  public var word: String { rawValue }

  /// What must have been done before, and not been undone.
  public var precondition: String {
    switch self {
    case .link: "not linked"
    case .up: "linked and not up"
    case .launch: "linked"
    case .down: "up"
    case .unlink: "linked and not up"
    }
  }

  public func command(_ name: VPNName) -> String { self == .launch ? "vpnrun \(name) -- COMMAND" : "vpn \(word) \(name)" }
}
