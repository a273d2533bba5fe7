internal import HelperWire

extension HostFacts {
  /// What keeps packets of relayed networks from coming in, or from being answered.
  func judgeRelay(_ found: inout Findings) {
    for vpn in vpns where vpn.linked && !vpn.relay.isEmpty {
      let networks = vpn.relay.joined(separator: ", ")
      let obstacles = vpn.warnings.filter { $0.hasPrefix("\(vpn.name) relays not all: ") }
      for sentence in obstacles {
        // The line that the sentence has.
        let parts = sentence.split(separator: "`")
        found.warning(
          "relay", sentence, why: "packets from there, or their answers, go nowhere",
          fix: parts.count > 1 ? String(parts[1]) : nil)
      }
      for sentence in vpn.broken where sentence.contains("relay") {
        found.problem("relay", sentence, why: "\(vpn.name) relays \(networks)", fix: "vpn refresh \(vpn.name)")
      }
      if obstacles.isEmpty { found.ok("relay", "this machine forwards what \(vpn.name) relays") }
      for chain in chains ?? [] where !chain.isOurs && chain.policy == "drop" && chain.hook == "forward" {
        let words = chain.words
        found.warning(
          "relay",
          "the chain '\(chain.name)' of table \(chain.family) \(chain.table) drops what this machine forwards, unless it is allowed",
          why: "\(vpn.name) relays \(networks): both ways must be allowed there",
          fix: "sudo nft insert rule \(words) iifname \(vpn.name) accept; sudo nft insert rule \(words) oifname \(vpn.name) accept")
      }
    }
  }
}
