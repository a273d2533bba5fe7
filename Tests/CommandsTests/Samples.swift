@testable import Commands
@testable import Diagnosis
@testable import HelperWire

/// The VPNs of the snapshots.
enum Sample {
  static let now = 1_700_000_100

  static let home = Report.VPN(
    name: "home", id: 1, addresses: ["172.27.12.34/32", "fd27:12::34/128"], subnets: ["10.20.1.0/24", "fd76:706e:1::/64"],
    dns: ["172.27.12.1"], search: ["corp.example"], endpoints: [.init(host: "vpn.example.net", port: 51820)], linked: true, up: false,
    tunnel: .up, scope: .all, networks: [], dnsInForce: false, outsideIdentity: false, device: .kernel, mtu: 1420,
    peers: [
      .init(
        publicKey: "Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmE=", endpoint: "203.0.113.2:51820", latestHandshake: now - 12,
        rxBytes: 1_600_000, txBytes: 812)
    ],
    commands: [
      .init(address: "10.20.1.2", uid: 1000, pid: 123, command: "curl", rxBytes: 5, txBytes: 6),
      .init(address: "10.20.1.13", uid: 4242, pid: 98765, command: "evil\u{1b}[2J", rxBytes: 0, txBytes: 0),
    ], warnings: [])

  static let work = Report.VPN(
    name: "work", id: 12, addresses: ["172.27.13.34/32"], subnets: ["10.20.12.0/24", "fd76:706e:c::/64"], dns: [], search: [],
    endpoints: [.init(host: "2001:db8::1", port: 51821)], linked: false, up: false, scope: .all, networks: [], dnsInForce: false,
    outsideIdentity: false, device: nil, mtu: nil, peers: [], commands: [], warnings: [])

  static let broken = Report.unreadable(name: "lab", error: "/etc/vpnrun/lab.conf:3:7: unknown key Adress; did you mean Address?")

  static let all: [Report] = [.vpn(home), .vpn(work), broken]

  static func userName(_ uid: UInt32) -> String? { uid == 1000 ? "alice" : nil }

  /// The same, with the whole system or some networks behind it.
  static func up(_ vpn: Report.VPN, _ scope: Report.Scope = .all, networks: [String] = [], dnsInForce: Bool = false) -> Report.VPN {
    var vpn = vpn
    (vpn.linked, vpn.up, vpn.takenUp, vpn.scope, vpn.networks, vpn.dnsInForce) = (true, true, true, scope, networks, dnsInForce)
    return vpn
  }

  /// What `vpn-link show` prints of one VPN.
  static func json(
    _ name: String, id: Int = 1, endpoint: String = "203.0.113.2", linked: Bool = false, up: Bool = false, outsideIdentity: Bool = false,
    allowed: Bool = true, autostart: String = "no"
  ) -> String {
    """
    {"name":"\(name)","id":\(id),"addresses":["172.27.12.34/32"],"subnets":["10.20.1.0/24"],"dns":["172.27.12.1"],"search":[],\
    "endpoints":[{"host":"\(endpoint)","port":51820}],"linked":\(linked),"changed":[],"allowed":\(allowed),"autostart":"\(autostart)","up":\(up),\
    "taken_up":\(up),"tunnel":\(linked ? "\"up\"" : "null"),"broken":[],"scope":"all","networks":[],\
    "dns_in_force":\(up),"outside_identity":\(outsideIdentity),"lost":false,"blocked":false,"relay":[],"link":null,"through":null,"device":\(linked ? "\"kernel\"" : "null"),"mtu":\(linked ? "1420" : "null"),\
    "peers":\(linked ? peer : "[]"),"commands":[],"warnings":[],"exit_check":null,"inbound":[],"box":true}
    """
  }

  private static let peer =
    #"[{"public_key":"K=","endpoint":"198.51.100.7:51820","latest_handshake":1,"rx_bytes":1,"tx_bytes":2,"has_route":true}]"#
}
