internal import HelperWire
internal import NetworkModel

/// What other programs have given to the VPNs' links: DHCP clients and makers of link-local addresses, which serve every link they find.
public struct ForeignSettings: Equatable, Sendable {
  public enum Program: String, CaseIterable, Sendable {
    // The order in which they are suspected.
    case avahiAutoipd = "avahi-autoipd"
    case dhcpcd
    case connman = "connmand"
    case networkManager = "NetworkManager"
    case networkd = "systemd-network"
    case dhclient, udhcpc
  }

  /// `ip -N -j address`.
  public var addresses: [AddressEntry]
  /// `ip -N -j route show table all` of both families.
  public var routes: [RouteEntry]
  /// Those that run; with the command line, which may say for which link.
  public var programs: [(program: Program, line: String)]

  public init(addresses: [AddressEntry], routes: [RouteEntry], programs: [(program: Program, line: String)]) {
    self.addresses = addresses
    self.routes = routes
    self.programs = programs
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.addresses == b.addresses && a.routes == b.routes && a.programs.elementsEqual(b.programs) { $0 == $1 }
  }
}

extension ForeignSettings {
  /// - Parameter vpns: those that are linked. Link names are theirs.
  func judge(_ vpns: [Report.VPN], _ found: inout Findings) {
    var isWell = true
    for vpn in vpns where vpn.linked && vpn.box {
      let all = foreign(of: vpn)
      guard !all.isEmpty else { continue }
      isWell = false
      let culprit = program(for: vpn.name)
      let name = culprit.map { " (\($0.name))" } ?? ""
      found.warning(
        "foreign", "another program has configured \(vpn.name): \(all.joined(separator: ", "))\(name)",
        why: "packets may go into the VPN that do not belong there; that program must leave the link alone",
        fix: culprit?.remedy(for: vpn.name)
          ?? all.map { Self.removal(of: $0, vpn.name) }.joined(separator: " && "))
    }
    if isWell { found.ok("foreign", "no other program has configured the VPNs' links") }
  }

  /// By a VPN's link, in the table main: programs that serve every link make such.
  func judgeDefaultRoutes(_ vpns: [Report.VPN], _ found: inout Findings) {
    for vpn in vpns where vpn.linked && vpn.box {
      let ways = routes.filter { $0.dev == vpn.name && $0.dst == "default" && ["254", "main"].contains($0.table) && $0.type == nil }
      guard !ways.isEmpty else { continue }
      found.warning(
        "default-route", "the main table has a default route by \(vpn.name), which `vpn up` does not make",
        why: "where there is no better one, what should go direct goes into \(vpn.name), and its tunnel's own packets are dropped",
        fix: ways.map { way in
          "sudo ip \(way.isIPv6 == true ? "-6 " : "")route del default dev \(vpn.name)" + (way.metric.map { " metric \($0)" } ?? "")
        }.joined(separator: " && "))
    }
  }

  private static func removal(of thing: String, _ link: String) -> String {
    guard thing.hasPrefix("route ") else { return "sudo ip address del \(thing) dev \(link)" }
    let family = thing.contains(":") ? "-6 " : ""
    return "sudo ip \(family)route del \(thing.dropFirst(6)) dev \(link)"
  }

  /// Addresses that are not the VPN's, and routes that are neither ours nor the kernel's.
  private func foreign(of vpn: Report.VPN) -> [String] {
    let own = vpn.addresses.compactMap { Prefix($0)?.address }
    let addresses = self.addresses.filter { $0.name == vpn.name }.flatMap(\.addresses).compactMap { entry -> String? in
      guard let address = IPAddress(entry.local), !own.contains(address) else { return nil }
      guard address.family == .v4 || !address.isLinkLocal else { return nil }
      return "\(entry.local)/\(entry.length ?? Int(address.family.width))"
    }
    let routes = self.routes.filter { $0.dev == vpn.name && !["86", "2"].contains($0.protocol ?? "") && $0.type == nil }
    var list = addresses
    for route in routes {
      let text = "route \(route.dst)" + (route.table.map { ["254", "main"].contains($0) ? "" : " table \($0)" } ?? "")
      if !list.contains(text) { list.append(text) }
    }
    return list
  }

  private func program(for link: String) -> Program? {
    let words = { (line: String) in line.split { " []:,".contains($0) }.contains { $0 == link } }
    let order = Program.allCases.compactMap { program in programs.first { $0.program == program && words($0.line) } ?? nil }
    // One that says that it serves this link; otherwise one that serves all links.
    if let named = order.first { return named.program }
    return Program.allCases.first { program in program != .avahiAutoipd && programs.contains { $0.program == program } }
  }
}

extension ForeignSettings.Program {
  var name: String {
    switch self {
    case .connman: "ConnMan"
    case .networkd: "systemd-networkd"
    default: rawValue
    }
  }

  /// What makes it leave the link alone for good, and takes away what it has made.
  func remedy(for link: String) -> String? {
    switch self {
    case .dhcpcd: "echo 'denyinterfaces \(link)' | sudo tee -a /etc/dhcpcd.conf && sudo dhcpcd -k \(link)"
    // Without the key a list of its own counts, which one that is written replaces.
    case .connman:
      "if grep -q '^NetworkInterfaceBlacklist' /etc/connman/main.conf; then sudo sed -i 's/^NetworkInterfaceBlacklist.*/&,\(link)/' "
        + "/etc/connman/main.conf; else printf '[General]\\nNetworkInterfaceBlacklist=vmnet,vboxnet,virbr,ifb,ve-,vb-,\(link)\\n' | "
        + "sudo tee -a /etc/connman/main.conf; fi && sudo systemctl restart connman"
    case .avahiAutoipd: "sudo avahi-autoipd --kill \(link)"
    case .networkManager: "sudo nmcli device set \(link) managed no"
    case .networkd: "\(installAgain); then sudo networkctl reload"
    case .dhclient: "sudo dhclient -x \(link)"
    case .udhcpc: nil
    }
  }
}
