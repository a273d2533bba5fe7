public import NetworkModel

/// Names of links, tables and files, all made from the VPN's own. Where those of several kinds share one space of the kernel's, a `.` divides
/// the kind from the VPN: no VPN's name has one, so that no two VPNs, whatever their names, make one name (`NamesTests`).
public enum Names {
  public static let tunnel: ByteString = "wg0", uplink: ByteString = "host0", commandLink: ByteString = "eth0", table: ByteString = "vpn"
  /// Beside it, in a box: what passes by it.
  public static let flowTable: ByteString = "vpn-flows"
  /// Beside it, in the namespace of a command that may reach the LAN.
  public static let lanTable: ByteString = "vpn-lan"
  /// In a box: of who changes what its ports' aliases say of them.
  public static let portLock = "vpnrun-ports"
  public static let pins = "/run/netns"
  /// An empty folder, root's, over which a command has its resolver files.
  public static let view = "/run/vpnrun"
  public static let profiles = "/etc/vpnrun"
  public static func profile(_ vpn: VPNName) -> String { "\(profiles)/\(vpn)\(profileSuffix)" }
  public static let profileSuffix = ".conf"
  public static func bridge(_ vpn: VPNName) -> ByteString { "br-\(vpn)" }
  public static func hostLink(_ vpn: VPNName) -> ByteString { "\(vpn)" }
  public static func hostTable(_ vpn: VPNName) -> ByteString { "vpn.\(vpn)" }
  /// While it is up.
  public static func systemTable(_ vpn: VPNName) -> ByteString { "vpn-up.\(vpn)" }
  /// While it is linked, if it relays.
  public static func relayTable(_ vpn: VPNName) -> ByteString { "vpn-relay.\(vpn)" }
  /// Until it is up, if it is to be up from the start of the system on.
  public static func blockTable(_ vpn: VPNName) -> ByteString { "\(blockTableStart)\(vpn)" }
  public static let blockTableStart: ByteString = "vpn-block."
  /// What its tables on the host carry as their comment: without it a table is another program's, whatever its name.
  public static func tableMark(_ vpn: VPNName) -> ByteString { "\(tableMarkStart)\(vpn)" }
  public static let tableMarkStart: ByteString = "vpnrun "
  public static func namespace(_ vpn: VPNName) -> String { "vpn-\(vpn)" }
  public static func pin(_ vpn: VPNName) -> String { "\(pins)/vpn-\(vpn)" }
  /// The TUN device of a userspace WireGuard before it is moved into the box, and its socket's name.
  public static func userspace(_ vpn: VPNName) -> ByteString { "wg.\(vpn)" }
  /// The group of all ports in a box, and of all VPNs' links on the host; any number but 0.
  public static let group: UInt32 = 76
  /// Of what is about to go from a box.
  public static let groupOfLeaving: UInt32 = 77
  /// A command's end of the box's bridge.
  public static func port(_ slot: UInt32) -> ByteString { "v\(slot)" }

  /// The slot that a port's name tells: 7 of `v7`.
  public static func slot(ofPort name: ByteString) -> UInt32? {
    name.utf8.first == 0x76 ? UInt32(decimal: name.utf8.dropFirst()) : nil
  }

  /// What the loopback link of a command says, so that a program can tell where it runs: the one link that cannot be deleted.
  public static func commandAlias(_ vpn: VPNName) -> ByteString { "vpnrun \(vpn)" }
}
