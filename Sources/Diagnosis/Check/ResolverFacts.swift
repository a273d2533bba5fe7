public import HelperWire

/// By which doors names could be asked elsewhere: files and sockets, outside and as a command sees them.
public struct ResolverFacts: Equatable, Sendable {
  public var vpn: Report.VPN
  /// /etc/nsswitch.conf outside.
  public var nsswitch: String?
  /// What is there outside: folders of resolvers in /run.
  public var outside: [String]
  /// There is an /etc/resolv.conf, be it a link to nothing.
  public var hasResolvConf: Bool
  /// What a command saw.
  public var inside: InsideView

  public init(
    vpn: Report.VPN, nsswitch: String? = nil, outside: [String], hasResolvConf: Bool = true, inside: InsideView
  ) {
    self.vpn = vpn
    self.nsswitch = nsswitch
    self.outside = outside
    self.hasResolvConf = hasResolvConf
    self.inside = inside
  }

  /// Sockets by which a program could ask the host's resolvers, with the services which have them.
  public static let doors = [
    "/run/nscd/socket": "nscd", "/run/systemd/resolve/io.systemd.Resolve": "systemd-resolved", "/run/avahi-daemon/socket": "avahi-daemon",
  ]
  public static let bus = "/run/dbus/system_bus_socket"
}

extension ResolverFacts {
  public var findings: [Finding] {
    var found = Findings(.dns, vpn: vpn.name)
    let servers = Self.values(of: "nameserver", in: inside.resolver)
    if vpn.dns.isEmpty {
      found.note("resolv.conf", "there is no DNS server for its resolv.conf")
    } else if servers == vpn.dns {
      found.ok("resolv.conf", "a command's resolv.conf has the VPN's servers and no other")
    } else if !hasResolvConf {
      found.warning(
        "resolv.conf", "there is no /etc/resolv.conf, so a command has none",
        why: "its queries get to the VPN's servers all the same, but it knows no search domain; an empty file is enough",
        fix: "sudo touch /etc/resolv.conf")
    } else {
      found.problem(
        "resolv.conf", "a command's resolv.conf has \(servers.isEmpty ? "no server" : servers.joined(separator: ", ")), not the VPN's",
        why: "queries get to the VPN's servers all the same, but programs may distrust the answers",
        fix: "vpn unlink \(vpn.name) && vpn link \(vpn.name)")
    }
    let sources = Self.hostsLine(inside.nsswitch)
    let foreign = sources.filter { !["files", "myhostname", "dns"].contains($0) && !$0.hasPrefix("[") }
    if foreign.isEmpty {
      let others = Self.hostsLine(nsswitch).filter { !sources.contains($0) && !$0.hasPrefix("[") }
      let rest = others.isEmpty ? "" : "; \(others.joined(separator: ", ")) of the host's is left out"
      found.ok("nsswitch", "a command's nsswitch.conf asks files and DNS only\(rest)")
    } else {
      found.problem(
        "nsswitch", "a command's nsswitch.conf asks \(foreign.joined(separator: ", "))", why: "these ask programs outside the VPN",
        fix: installAgain)
    }
    let doors = inside.sockets.filter { $0 != Self.bus }
    if doors.isEmpty {
      let hidden = outside.isEmpty ? "" : ", though the host has \(outside.joined(separator: ", "))"
      found.ok("doors", "a command sees no resolver's socket\(hidden)")
    }
    for door in doors {
      found.problem(
        "doors", "a command can ask a resolver of the host's by \(door)", why: "it would resolve names outside the VPN",
        fix: Self.doors[door].map { "sudo systemctl stop \($0)" })
    }
    if inside.sockets.contains(Self.bus), outside.contains("/run/systemd/resolve") {
      found.note(
        "bus", "a program that asks systemd-resolved over D-Bus is answered by the host's resolver; glibc's functions do not ask so")
    }
    found.note("doh", "DNS over HTTPS is the programs' own affair: it goes through the tunnel, to whomever they ask")
    return found.all
  }

  public static func values(of key: String, in text: String?) -> [String] {
    var values: [String] = []
    for line in (text ?? "").split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
      if words.first == key { values += words.dropFirst() }
    }
    return values
  }

  public static func hostsLine(_ text: String?) -> [String] {
    for line in (text ?? "").split(separator: "\n") {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
      if words.first == "hosts:" { return Array(words.dropFirst()) }
    }
    return []
  }
}
