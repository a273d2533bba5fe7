/// What vpn-link can be asked for. `vpn`, `vpn-manage` and `vpnrun` ask, vpn-link answers; all of them go by this table.
public enum Verb: CaseIterable, Sendable {
  case link, unlink, attach, detach, examine, publish, up, down, toggle, refresh, reload, block, wait, clean, plan, show, ways, lookUp
  case defaultName, direct, directEnd

  /// One line of the table.
  public struct Row: Sendable {
    /// As it is typed.
    public var word: String
    public var name: NameUse
    public var options: Options
    /// Who may ask for it. vpn-link goes by what the profile says at that moment.
    public var who: Who

    init(_ word: String, _ name: NameUse, _ options: Options = [], _ who: Who) {
      self.word = word
      self.name = name
      self.options = options
      self.who = who
    }
  }

  public enum NameUse: Sendable {
    case none, optional, needed
  }

  /// Root may ask for everything.
  public enum Who: Sendable {
    /// Every member of the group: what comes of it is no secret, or vpn-link decides VPN by VPN.
    case member
    /// Those who may use the VPN: `AllowUsers`, `AllowGroups`.
    case user
    /// Of those, the ones who may take the system up and down with it: `SystemWide`.
    case carrier
    case root
  }

  public struct Options: OptionSet, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// `--verbose` or `-v`: each change as the line that an administrator would type.
    public static let verbose = Options(rawValue: 1)
    /// `--force`.
    public static let force = Options(rawValue: 2)
    /// `--resolved HOST=ADDRESS`, as often as there are names.
    public static let resolved = Options(rawValue: 4)
    /// `--seconds=N`, which must be there.
    public static let seconds = Options(rawValue: 8)
    /// `--quiet`.
    public static let quiet = Options(rawValue: 16)
    /// `--dry-run`.
    public static let dryRun = Options(rawValue: 32)
    /// A word after the name: one of `PlannedAction`.
    public static let action = Options(rawValue: 64)
    /// `--namespace=FD`, `--link=NAME`, `--label=TEXT`, `--pid=N`: a network namespace, and what is to be known of it.
    public static let namespace = Options(rawValue: 128)
    /// `Publication`, beside `--namespace=FD`.
    public static let publication = Options(rawValue: 2048)
    /// `DirectRequest`, and nothing else.
    public static let command = Options(rawValue: 256)
    /// `--pid=N`, which must be there.
    public static let process = Options(rawValue: 512)
    /// `--linked`: only what has a box.
    public static let linked = Options(rawValue: 1024)
  }

  public var row: Row {
    switch self {
    case .link: Row("link", .needed, [.verbose, .resolved], .user)
    // Of a VPN that is up for carriers only; and a VPN may have outlived its profile.
    case .unlink: Row("unlink", .needed, [.verbose, .force], .user)
    // And only a namespace which the caller could have made.
    case .attach: Row("attach", .needed, [.namespace], .user)
    case .detach: Row("detach", .needed, [.namespace], .user)
    case .examine: Row("examine", .needed, [.namespace], .user)
    // And only of a command that is the caller's.
    case .publish: Row("publish", .needed, [.namespace, .publication], .user)
    case .up: Row("up", .optional, [.verbose, .resolved], .carrier)
    case .down: Row("down", .optional, [.verbose], .carrier)
    case .toggle: Row("toggle", .optional, [.verbose, .resolved], .carrier)
    case .refresh: Row("refresh", .optional, [.verbose, .resolved], .user)
    case .reload: Row("reload", .needed, [.verbose, .resolved], .user)
    case .block: Row("block", .none, [.verbose], .root)
    case .wait: Row("wait", .needed, [.seconds, .quiet], .user)
    case .clean: Row("clean", .needed, [.dryRun], .user)
    case .plan: Row("plan", .needed, [.action, .resolved], .user)
    case .show: Row("show", .optional, [.linked], .member)
    case .ways: Row("ways", .none, [], .member)
    case .lookUp: Row("look-up", .needed, [], .user)
    case .defaultName: Row("default", .none, [], .member)
    // Of all VPNs that are up, or are waited for.
    case .direct: Row("direct", .none, [.command], .carrier)
    // Takes away what is empty.
    case .directEnd: Row("direct-end", .none, [.process], .member)
    }
  }

  /// - Parameter word: as it is typed.
  public init?(_ word: [UInt8]) {
    guard let found = Verb.allCases.first(where: { word.elementsEqual($0.row.word.utf8) }) else { return nil }
    self = found
  }
}
