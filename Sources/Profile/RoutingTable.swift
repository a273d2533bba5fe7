/// `Table =`, wg-quick(8): where the routes to the peers' networks go.
public enum RoutingTable: Equatable, Sendable {
  /// Not given, empty or `auto`.
  case auto
  /// No routes at all.
  case off
  /// 1…4294967295 without default, main and local (`Tables`), which are the whole machine's, and a VPN's default route in one of them
  /// would carry every packet of it.
  case number(UInt32)
}
