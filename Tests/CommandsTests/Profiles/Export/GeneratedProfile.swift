import NetworkModel
import TestSupport

/// The text of a profile with keys at random, in the spellings that a person may choose.
struct GeneratedProfile {
  private var generator: SeededGenerator
  private(set) var text = ""

  /// - Parameter id: none for one that gets its ID when it is linked.
  init(seed: UInt64, id: Int? = 7) {
    generator = SeededGenerator(seed: seed)
    let hasV4 = chance(5, of: 6)
    let hasV6 = !hasV4 || chance(1, of: 2)
    vpn(id)
    interface(hasV4, hasV6)
    peers()
  }

  /// One whose way out is another link, for what it relays.
  init(byLink seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    let isWide = chance(1, of: 2)
    text += "[VPN]\n"
    line("ID", "3")
    line("Link", one(["eth1", "eth0.5"]))
    list("Gateway", isWide ? [one(["10.10.10.1", "10.10.10.254"]), one(["fd10::1", "fe80::1"])] : ["10.10.10.1"])
    list("Relay", ["10.42.42.0/24"] + some(isWide ? ["fd42::/64", "10.43.0.0/16", "snat"] : ["10.43.0.0/16", "snat"]))
    maybe("Autostart", ["link", "no"])
    list("AllowUsers", some(["alice"], of: 5))
    maybe("Priority", ["500"], of: 5)
    text += "\n[Interface]\n"
    maybe("Table", ["5000", "auto"], of: 2)
    if chance(1, of: 2) {
      list("Address", isWide ? ["10.10.10.11/24", "fd10::11/64"] : ["10.10.10.11/24"])
      maybe("DNS", ["10.10.10.1", "10.10.10.1, corp.example"])
      maybe("MTU", ["1380"])
    }
  }

  private mutating func chance(_ count: Int, of all: Int) -> Bool { Int.random(in: 0..<all, using: &generator) < count }
  private mutating func one<T>(_ values: [T]) -> T { values.randomElement(using: &generator)! }
  private mutating func some<T>(_ values: [T], of all: Int = 2) -> [T] { values.filter { _ in chance(1, of: all) } }
  private mutating func line(_ key: String, _ value: String) {
    text += "\(key)\(one([" = ", "=", " =  "]))\(value)\(one(["", "", " # a note"]))\n"
  }
  private mutating func maybe(_ key: String, _ values: [String], of all: Int = 3) { if chance(1, of: all) { line(key, one(values)) } }

  /// In one line, or in one for each.
  private mutating func list(_ key: String, _ values: [String]) {
    if values.isEmpty { return }
    if chance(1, of: 4) { for value in values { line(key, value) } } else { line(key, values.joined(separator: one([", ", ","]))) }
  }

  private var table = "auto"

  private mutating func vpn(_ id: Int?) {
    text += "[VPN]\n"
    if let id { line("ID", "\(id)") }
    list("AllowUsers", some(["alice", "1000"], of: 5))
    list("AllowGroups", some(["net", "users"], of: 6))
    table = one(["auto", "auto", "off", "1234", ""])
    // Without a box there is nothing that is for commands, or for what is up.
    let isBare = chance(1, of: 8)
    if isBare {
      line("Box", "no")
      maybe("VRF", ["red", "vrf-wan"], of: 2)
    }
    let systemWide = one(["", "", "", "root", "no", "group"])
    if !systemWide.isEmpty { line("SystemWide", systemWide) }
    if chance(1, of: 2) {
      let mayBeUp = !isBare && table != "off" && systemWide != "no"
      let autostart = one(mayBeUp ? ["up", "link", "no"] : ["link", "no"])
      line("Autostart", autostart)
      if autostart == "up" { maybe("Block", ["yes", "no"]) }
    }
    list("DNS", some(["9.9.9.9", "2620:fe::fe", "own.example"], of: 5))
    maybe("Underlay", ["1000", "main", "vrf vrf-wan", "vrf gone", "vpn gone", "transit"], of: 2)
    maybe("Priority", ["500", "13"], of: 5)
    if isBare { return }
    maybe("Box", ["yes"], of: 8)
    list("Inbound", some(["tcp/22", "udp/51413", "tcp/6000-6010", "icmp"], of: 5))
    list("Relay", some(["10.42.42.0/24", "fd42::/64", "snat"], of: 5))
    maybe("Subnet", ["10.99.7.0/24"], of: 6)
    maybe("Subnet6", ["fd99:7::/64"], of: 6)
    if chance(1, of: 3) { list("Networks", some(["10.0.0.0/8", "192.0.2.0/24", "0.0.0.0/0", "fd00::/8", "::/0", "203.0.113.77"])) }
    if chance(1, of: 4) { list("Direct", some(["10.1.0.0/16", "100.64.0.0/10", "2001:db8:5::/48", "192.0.2.128/25"])) }
    maybe("OutsideIdentity", ["yes", "no"])
    maybe("ExitCheck", ["https://ifconfig.co/ip?x=1%20,[2]", "dns who.example @192.0.2.9:5353"], of: 4)
  }

  private mutating func interface(_ hasV4: Bool, _ hasV6: Bool) {
    text += "\n[Interface]\n"
    if chance(1, of: 4) { line("PrivateKeyFile", "/KEYS/private") } else { line("PrivateKey", Keys.own.base64) }
    var addresses: [String] = []
    if hasV4 { addresses.append(one(["172.27.12.34/32", "172.27.12.34", "172.27.12.34/24", "172.27.12.34/31"])) }
    if hasV6 { addresses.append(one(["fd27:12::34/128", "fd27:12::34", "fd27:12:0:0::34/64"])) }
    if chance(1, of: 4) { addresses.insert(hasV4 ? "172.27.99.1/32" : "fd27:99::1", at: 0) }
    if chance(1, of: 4) { addresses.reverse() }
    list("Address", addresses)
    list("DNS", some(["172.27.12.1", "fd27:12:0::1", "corp.example", "Lab.Example"], of: 3))
    maybe("MTU", ["1420", "1380"])
    maybe("ListenPort", ["51820", "0"])
    maybe("FwMark", ["1000", "0x1023", "off"], of: 2)
    if !table.isEmpty { line("Table", table) }
    if chance(1, of: 8) { line("PostUp", "iptables -A x") }
  }

  private mutating func peers() {
    let keys = [Keys.peer, Keys.otherPeer].map(\.base64)
    var networks = ["0.0.0.0/0", "::/0", "10.0.0.0/8", "10.2.3.4/16", "192.0.2.7", "fd00::/8", "128.0.0.0/1", "0.0.0.0/1"]
    for key in chance(2, of: 3) ? [one(keys)] : keys {
      text += "\n[Peer]\n"
      line("PublicKey", key)
      if chance(1, of: 3) { line("PresharedKey", Keys.preshared.base64) } else { maybe("PresharedKeyFile", ["/KEYS/shared"], of: 6) }
      let own = some(networks, of: 3)
      networks.removeAll { own.contains($0) }
      list("AllowedIPs", own)
      maybe("Endpoint", ["vpn.example.net:51820", "203.0.113.2:51820", "[2001:db8::2]:443", "[fe80::1%eth0]:51820"], of: 2)
      maybe("PersistentKeepalive", ["25", "0", "off"], of: 2)
    }
  }
}
