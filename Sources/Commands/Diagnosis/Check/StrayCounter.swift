internal import Diagnosis
internal import LinuxSystem

/// Counts packets to the probes' addresses on every link of the host, as they leave. Its table belongs to a process of nft(8), and the
/// kernel removes the table when that process ends, whatever becomes of us (`flags owner`, Linux 5.12; hook egress, 5.16).
final class StrayCounter {
  private let nft: Conversation
  private let table: String

  /// - Returns: `nil` where that cannot be had: without root, or on an older kernel.
  init?(on links: [String], addresses: (v4: String, v6: String)) throws(Failure) {
    // The kernel takes nearly every name; what stands in a line for nft must not end it.
    guard links.allSatisfy({ $0.utf8.allSatisfy(Self.isPlain) }), let program = Look.program("nft", in: Look.path),
      let nft = try? Conversation(program, ["-i"], environment: [])
    else {
      return nil
    }
    self.nft = nft
    table = "vpn-check.\(nft.child)"
    let devices = links.map { "\"\($0)\"" }.joined(separator: ", ")
    let line = """
      table netdev \(table) { flags owner; counter stray { }; chain out { type filter hook egress devices = { \(devices) } priority 0; \
      ip daddr \(addresses.v4) counter name stray; ip6 daddr \(addresses.v6) counter name stray; }; }
      """
    guard (try? nft.say(line)) != nil else { return nil }
    for _ in 0..<50 {
      if try packets() != nil { return }
      Clock.sleep(milliseconds: 20)
    }
    return nil
  }

  private static func isPlain(_ c: UInt8) -> Bool {
    (0x30...0x39).contains(c) || (0x41...0x5a).contains(c) || (0x61...0x7a).contains(c) || "-_.@".utf8.contains(c)
  }

  func end() { nft.end() }

  /// `nil`: the table is not there.
  func packets() throws(Failure) -> UInt64? {
    decoded(FilterListing.self, try Look.says("nft", ["-j", "list", "counters", "table", "netdev", table]))?
      .nftables.compactMap(\.counter).first?.packets
  }
}
