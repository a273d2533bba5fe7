internal import HelperWire
internal import LinuxSystem

/// When to look again at what VPNs there are and how they do.
struct Changes {
  private let events: SystemEvents

  /// Of what happens in a box (handshakes, traffic, commands) nothing is heard outside of it, and of nftables root alone hears.
  private static let millisecondsBetweenLooks = 5000

  /// From now on, so that the first look comes afterwards.
  init(on installation: Installation, reader: Output? = nil) {
    events = SystemEvents(folders: [installation.profiles.path, installation.pins.path], reader: reader)
  }

  /// Until something has changed, or for five seconds where a VPN is linked.
  /// - Parameter reports: of the last look.
  /// - Returns: whether there is still a process that reads.
  func wait(after reports: [Report]) throws(Failure) -> Bool {
    let isLinked = reports.contains { $0.vpn?.linked == true }
    return try Failure.saying("cannot wait") { () throws(SystemError) in
      try events.wait(milliseconds: isLinked ? Self.millisecondsBetweenLooks : nil) != .withoutReader
    }
  }
}
