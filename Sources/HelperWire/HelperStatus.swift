/// How a program with capabilities ends, besides the statuses that a person sees (125: said why; 126 and 127: as a shell has them).
/// The program that has started it goes on by these, and never ends with one of them.
public enum HelperStatus: Int32, Sendable {
  case done = 0
  /// The kernel has no WireGuard, and no userspace one waits: root starts one and asks again.
  case needsWireGuard = 4
  /// An endpoint is given by a name whose address is not among those that came along: it is resolved and asked again.
  case needsAddresses = 5
  /// A box has no tunnel, or no link to the host, or the VPN is not linked that carries it: `vpn link` gives it what is missing, and it is
  /// asked again.
  case needsLink = 6
}
