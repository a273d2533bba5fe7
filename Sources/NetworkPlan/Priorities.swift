/// Where a VPN's rules stand: the lower a priority, the earlier a rule is asked. All are counted from one base, `Priority =`, which all VPNs
/// share: 100 unless a profile says otherwise. The rules of `local` (0) come before, that of `main` (32766) after all of them.
public struct Priorities: Equatable, Sendable {
  public var base: UInt32
  /// 1…99: the lower, the earlier.
  public var id: UInt8

  public init(base: UInt32, id: UInt8) {
    self.base = base
    self.id = id
  }

  /// What the host asks before its routes, and no rule of ours may precede: a VRF's table (the kernel's own rule for them stands at 1000), and
  /// the host's own addresses where their rule stands behind that, as the kernel's documentation of VRFs advises.
  /// (A VPN that an older version has linked may have a base of 11.)
  public var vrf: UInt32 { base &- 12 }
  public var local: UInt32 { base &- 11 }
  /// The tunnel's encrypted packets, whatever their port, meet no other rule.
  public var tunnel: UInt32 { base - 10 }
  /// What goes to networks that VPNs relay: by a route of their own or not at all.
  public var toRelayed: UInt32 { base &- 9 }
  public var notToRelayed: UInt32 { base &- 8 }
  /// The host's own addresses there are left alone: they go on behind the next two.
  public var ownRelayed: UInt32 { base &- 7 }
  /// What comes from there: into its VPN or nowhere.
  public var relayed: UInt32 { base &- 6 }
  public var notRelayed: UInt32 { base &- 5 }
  public var relayedEnd: UInt32 { base &- 4 }
  /// Packets of a tunnel that another VPN carries and that have found no way there: none of those that follow is theirs.
  public var notCarried: UInt32 { base &- 3 }
  /// Queries of the whole system.
  public var queries: UInt32 { base }
  /// Programs that are bound to an address of the VPN, or, where those stay outside, to another of the host.
  public var bound: UInt32 { base + 100 + UInt32(id) }
  /// While it is up: the networks that it takes.
  public var listed: UInt32 { base + 198 + 3 * UInt32(id) }
  /// Of a family that it takes whole: what the table main has more specific routes for, as the LAN.
  public var lan: UInt32 { listed + 1 }
  /// And everything else.
  public var whole: UInt32 { listed + 2 }
  /// Behind all of those: where nothing comes by while each table has its routes, and nothing goes on when they have been deleted.
  public var last: UInt32 { base + 500 }
  /// Behind all rules of all VPNs: what leads here goes on with the host's own.
  public var end: UInt32 { base + 500 + UInt32(id) }
}
