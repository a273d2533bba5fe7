/// `Underlay =`: by which routes of the host the encrypted packets leave.
public enum Underlay: Equatable, Sendable, CustomStringConvertible {
  /// 1…4294967295, and not the VPN's own; `main` is 254.
  case table(UInt32)
  /// The name of a VRF's link, 1–15 of `A-Z a-z 0-9 _ - .`, the first a letter or digit: the kernel takes more, but it also stands
  /// in lines that are printed to be typed.
  case vrf(String)

  static let main: UInt32 = 254

  /// As in a file.
  public var description: String {
    switch self {
    case .table(Self.main): "main"
    case .table(let number): "\(number)"
    case .vrf(let name): "vrf \(name)"
    }
  }

  /// By bytes: comparing strings needs Unicode's tables.
  public static func == (a: Underlay, b: Underlay) -> Bool {
    switch (a, b) {
    case (.table(let x), .table(let y)): x == y
    case (.vrf(let x), .vrf(let y)): x.utf8.elementsEqual(y.utf8)
    default: false
    }
  }
}
