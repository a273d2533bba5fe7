internal import HelperWire

// Services that own the network, and what they do to VPNs.

extension HostFacts {
  func judgeManagers(_ found: inout Findings) {
    if let networkManager {
      // A colon in a name has a backslash before it; no link of ours has one.
      let lines = networkManager.split(separator: "\n").map(String.init)
      let managed = links.filter { link in
        link.isOurs && lines.contains { $0.hasPrefix(link.name + ":") && $0 != link.name + ":unmanaged" }
      }
      for link in managed {
        found.warning(
          "networkmanager", "NetworkManager manages \(link.name)", why: "it may take away the VPN's address",
          fix: "sudo nmcli device set \(link.name) managed no")
      }
      if managed.isEmpty { found.ok("networkmanager", "NetworkManager leaves the VPNs' links alone") }
      judgeConnectivity(&found)
    }
    guard let networkd else { return }
    let value = Self.last("manageforeignroutingpolicyrules", in: networkd)
    if let value, ["no", "false", "0", "off", "n", "f"].contains(value) {
      if let networkdStarted, let networkdChanged, networkdStarted < networkdChanged {
        found.warning(
          "networkd", "systemd-networkd runs since before it was told to leave the VPNs' rules alone",
          why: "it deletes them whenever it configures a link; what a VPN that is up should carry is refused then, until `vpn refresh`",
          fix: "sudo systemctl restart systemd-networkd && vpn refresh")
      } else {
        found.ok("networkd", "systemd-networkd leaves the VPNs' rules alone")
      }
    } else {
      found.warning(
        "networkd", "systemd-networkd deletes rules that are not its own whenever it configures a link",
        why: "what a VPN that is up should carry is refused until `vpn refresh`",
        fix:
          "sudo install -d /etc/systemd/networkd.conf.d && "
          + #"printf '[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n' "#
          + "| sudo tee /etc/systemd/networkd.conf.d/50-vpnrun.conf && sudo systemctl restart systemd-networkd")
    }
  }

  /// Its question is bound to the uplink, by which nothing leaves while a VPN takes all.
  private func judgeConnectivity(_ found: inout Findings) {
    guard let connectivity = connectivity?.filter({ !$0.isWhitespace }), ["limited", "portal", "none"].contains(connectivity),
      let vpn = vpns.first(where: { $0.takenUp && $0.scope == .all })
    else { return }
    found.warning(
      "connectivity", "NetworkManager takes the network for \(connectivity), and desktops show that",
      why: "it asks by the uplink alone, where \(vpn.name) lets nothing pass; without that question it finds no captive portals either",
      fix: #"printf '[connectivity]\nenabled=false\n' | sudo tee /etc/NetworkManager/conf.d/51-vpnrun.conf && sudo nmcli general reload"#)
  }

  func judgeResolved(_ found: inout Findings) {
    guard let resolved, let vpn = vpns.first(where: \.dnsInForce) else { return }
    guard ["yes", "true", "1", "on"].contains(Self.last("dnsovertls", in: resolved)) else { return }
    found.warning(
      "dnsovertls", "systemd-resolved asks only servers that speak TLS (DNSOverTLS=yes)",
      why: "names are found while \(vpn.name) is up only if its servers do, by port 853; `opportunistic` asks others, too",
      fix:
        "sudo install -d /etc/systemd/resolved.conf.d && "
        + #"printf '[Resolve]\nDNSOverTLS=opportunistic\n' | sudo tee /etc/systemd/resolved.conf.d/50-vpnrun.conf "#
        + "&& sudo systemctl restart systemd-resolved")
  }

  /// The value that counts of a key, in small letters.
  private static func last(_ key: String, in text: String) -> String? {
    let settings: [String] = text.split(separator: "\n").map { $0.filter { !$0.isWhitespace }.lowercased() }
    return settings.last { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
  }
}
