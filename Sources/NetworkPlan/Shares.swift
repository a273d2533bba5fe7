internal import NetworkModel

/// What commands of a VPN have together is shared: all leave by one address, so that each server can be sent to from 64,512 ports, and the
/// box remembers so many connections (nf_conntrack_max). One command must not be able to keep all others from a server: of the VPN's
/// servers of names, first of all.
///
/// Each has its share, and beyond it what is left; that is given out slowly, for a connection that had no answer is forgotten after half a
/// minute, and one with answers that has ended after two. So what is left is never all taken, and nobody notices who does not try.
enum Shares {
  /// Ports of one address towards one server (`sourceNAT` leaves those from 1024 on as they are).
  private static let ports: UInt32 = 65536 - 1024
  /// Connections of one command, to all servers, at any time.
  static let ofConnections: UInt32 = 1024
  /// Beyond the share, of all commands together: packets in a second that begin a connection, and at once.
  static let more: (rate: UInt32, burst: UInt32) = (200, 2000)

  /// Connections of one command to one server, at any time: half of the ports are for these.
  static func ofServer(commands: UInt32) -> UInt32 { ports / 2 / max(commands, 1) }
}

extension VPN {
  private func name(_ key: FilterSet.ConnectionKey, _ family: IPFamily) -> ByteString {
    "\(key == .source ? "commands" : "servers")\(family == .v4 ? 4 : 6)"
  }

  var shareSets: [FilterSet] {
    families.flatMap { family in
      [FilterSet.ConnectionKey.source, .sourceAndServer].map { FilterSet(name($0, family), .connections(family, $0)) }
    }
  }

  var shareChains: [FilterChain] {
    let commands = families.map { Slot.count(in: subnet($0)) }.min() ?? 0
    let limits = [(FilterSet.ConnectionKey.source, Shares.ofConnections), (.sourceAndServer, Shares.ofServer(commands: commands))]
    let over: [FilterRule] = families.flatMap { family in
      limits.map { key, count in
        [
          .connectionsOver(count, in: name(key, family), family, key), .rateOver(Shares.more.rate, burst: Shares.more.burst),
          .jump("too-many"),
        ]
      }
    }
    return [FilterChain("too-many", [[.transport(.tcp), .rejectWithReset], [.reject]]), FilterChain("shares", over)]
  }
}
