public import HelperWire

/// What the host's network says: text of /proc, and what other people's tools print.
public struct HostFacts {
  public struct Pin: Equatable, Sendable {
    public var name: String
    /// Something is mounted on it.
    public var isBox: Bool

    public init(
      name: String, isBox: Bool
    ) {
      self.name = name
      self.isBox = isBox
    }
  }

  public var links: [LinkEntry]
  /// By family: "-4", "-6".
  public var rules: [(family: String, rules: [RuleEntry])]
  /// Of /proc/sys/net, by their paths below.
  public var settings: [String: Int]
  public var pins: [Pin]
  public var vpns: [Report.VPN]
  /// `nft -j list chains`; `nil`: only root may ask.
  public var chains: [FilterListing.Chain]?
  /// /proc/net/ip_tables_names: tables of iptables-legacy; `nil`: only root may ask, or there are none.
  public var legacyTables: String?
  /// `nmcli -t -f DEVICE,STATE device`; `nil`: NetworkManager does not run.
  public var networkManager: String?
  /// networkd.conf and its drop-ins, one behind the other; `nil`: systemd-networkd does not run.
  public var networkd: String?
  /// Seconds since 1970: when it was started, and when a file was put there that it reads then.
  public var networkdStarted: Int?
  public var networkdChanged: Int?
  /// `nmcli -t -f CONNECTIVITY general`.
  public var connectivity: String?
  /// resolved.conf and its drop-ins; `nil`: systemd-resolved does not run.
  public var resolved: String?
  /// `timedatectl show`; `nil`: not there.
  public var time: String?
  /// What other programs have made on our links; `nil`: not asked.
  public var foreign: ForeignSettings?
  /// Seconds since 1970: by the clock, and when this program was installed.
  public var now: Int
  public var installed: Int
  public var overlays: [Overlay] = []
  /// Processes in the boxes themselves; only root sees those of others.
  public var lodgers: [Lodger] = []

  public init(
    links: [LinkEntry], rules: [(family: String, rules: [RuleEntry])], settings: [String: Int], pins: [Pin], vpns: [Report.VPN],
    chains: [FilterListing.Chain]? = nil, legacyTables: String? = nil, networkManager: String? = nil, networkd: String? = nil,
    time: String? = nil, foreign: ForeignSettings? = nil, now: Int, installed: Int
  ) {
    self.links = links
    self.rules = rules
    self.settings = settings
    self.pins = pins
    self.vpns = vpns
    self.chains = chains
    self.legacyTables = legacyTables
    self.networkManager = networkManager
    self.networkd = networkd
    self.time = time
    self.foreign = foreign
    self.now = now
    self.installed = installed
  }
}

extension HostFacts {
  /// What is left of boxes.
  public var pinFindings: [Finding] {
    var found = Findings(.host)
    judgePins(&found)
    return found.all
  }

  public var findings: [Finding] {
    var found = Findings(.host)
    judgeBlock(&found)
    judgeLodgers(&found)
    judgeRules(&found)
    judgeOverlays(&found)
    judgeReversePath(&found)
    judgeIPv6(&found)
    judgeVRFs(&found)
    judgeFirewalls(&found)
    judgeRelay(&found)
    judgeManagers(&found)
    judgeResolved(&found)
    foreign?.judge(vpns, &found)
    foreign?.judgeDefaultRoutes(vpns, &found)
    judgeClock(&found)
    return found.all
  }

  private func judgePins(_ found: inout Findings) {
    var isWell = true
    for pin in pins {
      let name = pin.name
      let link = links.first { $0.name == name && $0.isOurs }
      if !pin.isBox {
        isWell = false
        found.problem(
          "pins", "/run/netns/vpn-\(name) is left from a link that was interrupted", why: "\(name) seems to be linked, and is not",
          fix: "sudo rm -f /run/netns/vpn-\(name)")
      } else if link == nil {
        isWell = false
        found.problem(
          "pins", "the box of \(name) has lost its link to the host", why: "programs that are bound to its address have no network",
          fix: "vpn refresh \(name)")
      } else if !vpns.contains(where: { $0.name == name }) {
        found.note("pins", "\(name) is linked, and its profile is gone or unreadable", fix: "sudo vpn unlink \(name)")
      }
    }
    for link in links where link.isOurs && !pins.contains(where: { $0.name == link.name }) {
      isWell = false
      found.problem(
        "pins", "\(link.name) has its link but no box: this is a sandbox with another view of /run/netns, or an accident's remains",
        why: "it can neither be used nor linked again", fix: "sudo vpn unlink \(link.name)")
    }
    if isWell { found.ok("pins", "each box has its pin and its link") }
  }

  private func judgeBlock(_ found: inout Findings) {
    for vpn in vpns.filter(\.blocked) {
      found.problem(
        "block", "nothing leaves this machine until \(vpn.name) is up: its profile has `Block = yes`",
        why: "`vpn autostart` did not take it up, or has not come so far: `journalctl -u vpnrun` says why",
        fix: "vpn up \(vpn.name)")
    }
  }

  /// A rule of another program's is wrong only where it takes packets away from a VPN that is up, and what made it takes it away: a router's
  /// rules for its VRFs, its management and its own tables are as they should be.
  private func judgeRules(_ found: inout Findings) {
    var isWell = true
    let isUp = vpns.contains(where: \.takenUp)
    for (family, rules) in rules {
      // Without a VPN that is linked: those that it would have.
      let last = rules.filter(\.isOurs).map(\.priority).max() ?? 303
      for rule in rules where !rule.isOurs && !rule.isKernels && !rule.isOfVRF && rule.priority < last {
        let owner = RuleOwner(of: rule, among: rules, wireGuard: wireGuardTables, isNetworkd: networkd != nil)
        let whose = owner.map { "a rule of \($0.name)," } ?? "another program's"
        let what = "\(whose) \(family == "-4" ? "IPv4" : "IPv6") rule has priority \(rule.priority), before the VPNs' own"
        let first = "`Priority =` in [VPN] puts the VPNs' rules first"
        if let mark = rule.fwmark, !rule.isInverted {
          if rules.contains(where: { $0.isOurs && $0.fwmark == mark && $0.table != rule.table }) {
            isWell = false
            found.problem("rules", what, why: "it takes packets of a VPN's tunnel away, by their mark \(mark)", fix: owner?.remedy)
          } else if isUp {
            found.note("rules", "\(what), for packets with the mark \(mark)")
          }
        } else if !isUp {
          continue
        } else if let networks = networksOnly(of: rule) {
          found.note("rules", "\(what), for what its table has: \(networks)", why: "if these networks are a VPN's, \(first)")
        } else if rule.isSelective, rule.fwmark == nil {
          found.note("rules", "\(what), for some packets", why: "if these are a VPN's, \(first)")
        } else if takesAll(rule) {
          isWell = false
          found.problem("rules", what, why: "it takes packets away from the VPN that is up; \(first)", fix: owner?.remedy)
        }
      }
    }
    if isWell { found.ok("rules", "no foreign rule takes packets from the VPNs") }
  }

  /// Of a rule for all packets: whether there is a default route in its table, or it refuses them.
  private func takesAll(_ rule: RuleEntry) -> Bool {
    if rule.action != nil { return !["nop", "0"].contains(rule.action) }
    guard let table = rule.table else { return false }
    // Where they are not known, it may.
    guard let routes = foreign?.routes, !routes.isEmpty else { return true }
    return rule.suppress == nil
      && routes.contains { $0.table == table && ($0.dst == "default" || $0.dst.hasSuffix("/0") || $0.dst.hasSuffix("/1")) }
  }

  /// By the table, links of WireGuard's that have a default route there.
  private var wireGuardTables: [Int: String] {
    let own = Set(links.filter { $0.information?.kind == "wireguard" }.map(\.name))
    var tables: [Int: String] = [:]
    for route in foreign?.routes ?? [] where route.dst == "default" {
      if let dev = route.dev, own.contains(dev), let table = route.table.flatMap({ Int($0) }) { tables[table] = dev }
    }
    return tables
  }

  /// Of a rule whose table has some networks and no default route; `nil` if that is not so, or not known.
  private func networksOnly(of rule: RuleEntry) -> String? {
    guard let table = rule.table, !["0", "253", "254", "255"].contains(table) else { return nil }
    let routes = (foreign?.routes ?? []).filter { $0.table == table }.map(\.dst)
    guard !routes.isEmpty, !routes.contains(where: { $0 == "default" || $0.hasSuffix("/0") || $0.hasSuffix("/1") }) else { return nil }
    return routes.prefix(3).joined(separator: ", ") + (routes.count > 3 ? ", …" : "")
  }

  private func judgeReversePath(_ found: inout Findings) {
    let all = settings["ipv4/conf/all/rp_filter"] ?? 0
    var isWell = true
    var strict: [String] = []
    for link in links where link.name != "lo" && link.master == nil {
      guard let own = settings["ipv4/conf/\(link.name)/rp_filter"], max(all, own) == 1 else { continue }
      guard link.isOurs else {
        strict.append(link.name)
        continue
      }
      isWell = false
      found.problem(
        "rp_filter", "reverse path filtering is strict on \(link.name)",
        why: "answers to programs that are bound to the VPN's address are dropped: their senders are reached by another way",
        fix: "sudo sysctl -w net.ipv4.conf.\(link.name).rp_filter=2")
    }
    if !strict.isEmpty, settings["ipv4/conf/all/src_valid_mark"] == 0, let up = vpns.first(where: \.takenUp) {
      isWell = false
      found.problem(
        "rp_filter", "reverse path filtering became strict after \(up.name) was taken up", why: "the tunnel's answers are dropped",
        fix: "vpn refresh \(up.name)")
    }
    if isWell {
      let rest = strict.isEmpty ? "" : "; it is strict on \(strict.joined(separator: ", ")), for which `vpn up` provides"
      found.ok("rp_filter", "reverse path filtering lets the VPNs' packets pass\(rest)")
    }
  }

  private func judgeIPv6(_ found: inout Findings) {
    if settings["ipv6/conf/all/disable_ipv6"] == nil {
      found.note("ipv6", "this kernel has no IPv6")
    } else if ["all", "default"].contains(where: { settings["ipv6/conf/\($0)/disable_ipv6"] == 1 }) {
      found.note("ipv6", "IPv6 is switched off on this host; on the VPNs' own links it is on")
    } else {
      found.ok("ipv6", "the host has IPv6")
    }
    if settings["bridge/bridge-nf-call-iptables"] == 1 {
      found.note("br_netfilter", "packets on bridges go through iptables; in boxes that is switched off")
    }
  }

  /// Sockets that are bound to no link get nothing that comes in by a VRF, unless these say so. `vpn link` sets that of the tunnel's.
  private func judgeVRFs(_ found: inout Findings) {
    guard links.contains(where: { $0.information?.kind == "vrf" }) else { return }
    for (transport, whose) in [
      ("udp", "answers to a tunnel whose packets leave by a VRF, too,"),
      ("tcp", "connections to servers of this machine, SSH for example,"),
    ]
    where settings["ipv4/\(transport)_l3mdev_accept"] == 0 {
      found.note(
        "vrf", "net.ipv4.\(transport)_l3mdev_accept is 0: \(whose) that come in by a VRF reach only sockets which are bound to it")
    }
  }

  private func judgeFirewalls(_ found: inout Findings) {
    guard let chains else {
      found.note("firewalls", "other firewalls are not seen: root can, with nft", fix: "sudo vpn check")
      return
    }
    let dropping = chains.filter { !$0.isOurs && $0.policy == "drop" && ["output", "postrouting"].contains($0.hook) }
    for chain in dropping {
      found.warning(
        "firewalls", "the chain '\(chain.name)' of table \(chain.family) \(chain.table) drops what the host sends, unless it is allowed",
        why: "the tunnels' UDP packets must be allowed there, by their mark 10000 + ID",
        fix: "sudo nft insert rule \(chain.words) meta mark 10001-10099 accept")
    }
    for vpn in vpns where vpn.linked && !vpn.inbound.isEmpty {
      for chain in chains where !chain.isOurs && chain.policy == "drop" && chain.hook == "input" {
        found.note(
          "firewalls", "the chain '\(chain.name)' of table \(chain.family) \(chain.table) drops what comes in, unless it is allowed",
          why: "`Inbound` of \(vpn.name) opens the VPN's side; this firewall must allow it on the link \(vpn.name) as well")
      }
    }
    if dropping.isEmpty { found.ok("firewalls", "no firewall drops what the host sends") }
    if let tables = legacyTables, !tables.isEmpty {
      found.note("firewalls", "iptables-legacy has tables (\(tables.split(separator: "\n").joined(separator: ", "))): `iptables-legacy -S`")
    }
  }

  private func judgeClock(_ found: inout Findings) {
    if now < installed - 3600 {
      found.problem(
        "clock", "the clock is behind: it shows a time before vpnrun was installed",
        why: "servers take no handshake that is older than the last one they saw", fix: "sudo timedatectl set-ntp true")
    } else if time?.split(separator: "\n").contains("NTPSynchronized=no") == true {
      found.note("clock", "nobody sets the clock by the network's time", fix: "sudo timedatectl set-ntp true")
    } else {
      found.ok("clock", "the clock is not behind")
    }
  }
}
