public import NetworkModel

/// A way that a user opened for a command, besides that into the VPN: what it is and where it leads, as a line of the system's log has it:
/// `uid 1000 publishes 127.0.0.1:8080:80/tcp of web in home`.
public struct LoggedWay: Equatable, Sendable {
  public enum Kind: Equatable, Sendable, CaseIterable {
    /// Ports of this machine, by `-p` or `vpn publish add`; and not any more.
    case publish, unpublish
    /// Ports of the VPN's address.
    case inbound
    /// Networks of this machine's links.
    case lan
    /// The provider's port, as `OUTSIDE:TARGET`.
    case forward

    var verb: ByteString {
      switch self {
      case .publish: "publishes"
      case .unpublish: "unpublishes"
      case .inbound: "admits"
      case .lan: "opens"
      case .forward: "forwards"
      }
    }

    /// Between what it is and the command.
    var preposition: ByteString {
      switch self {
      case .publish, .unpublish: "of"
      case .inbound, .lan, .forward: "to"
      }
    }
  }

  public var kind: Kind
  /// With commas between them, and without a space: as `-p`, `--inbound` and `--lan` take them.
  public var what: ByteString

  public init(_ kind: Kind, _ what: ByteString) { (self.kind, self.what) = (kind, what) }
}

extension LoggedWay {
  /// What was opened to a command in its launch.
  public static func all(of occupant: Occupant, inbound: [TransportPort]) -> [LoggedWay] {
    var ways: [LoggedWay] = []
    if !inbound.isEmpty { ways.append(LoggedWay(.inbound, ByteString(TransportPort.text(inbound)))) }
    if !occupant.published.isEmpty { ways.append(.published(occupant.published)) }
    if !occupant.lan.isEmpty { ways.append(LoggedWay(.lan, ByteString(LANDestination.text(occupant.lan)))) }
    if let port = occupant.forwarded { ways.append(.forwarded(port)) }
    return ways
  }

  public static func forwarded(_ port: ForwardedPort) -> LoggedWay { LoggedWay(.forward, ByteString("\(port.outside):\(port.target)")) }

  public static func published(_ ports: [PublishedPort], isOver: Bool = false) -> LoggedWay {
    LoggedWay(isOver ? .unpublish : .publish, ByteString(PublishedPort.text(ports)))
  }
}
