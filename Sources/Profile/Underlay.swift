public import NetworkModel

/// `Underlay =`: by which routes of the host the encrypted packets leave.
public enum Underlay: Equatable, Sendable, CustomStringConvertible {
  /// 1…4294967295, and not the VPN's own; `main` is one.
  case table(UInt32)
  /// By its name in rt_tables of iproute2, 1–64 of the same characters.
  case named(ByteString)
  /// The name of a VRF's link, 1–15 of `A-Z a-z 0-9 _ - .`, the first a letter or digit: the kernel takes more, but it also stands
  /// in lines that are printed to be typed.
  case vrf(ByteString)
  /// Through another VPN, which must be linked first: its tunnel carries this one's.
  case vpn(VPNName)

  /// The VPN that carries the encrypted packets.
  public var outer: VPNName? { if case .vpn(let name) = self { name } else { nil } }

  /// As in a file.
  public var description: String {
    switch self {
    case .table(Tables.main): "main"
    case .table(let number): "\(number)"
    case .named(let name): name.description
    case .vrf(let name): "vrf \(name)"
    case .vpn(let name): "vpn \(name)"
    }
  }
}
