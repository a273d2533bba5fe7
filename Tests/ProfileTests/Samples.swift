import NetworkModel

@testable import Profile

/// Keys made for these tests; no tunnel uses them.
enum Sample {
  static let privateKey = "SIVwmofr8EWG8nl7M0YihGtLPAMXbNGexDRF/AW5Png="
  static let publicKey = "i4TBL9+g+ed3WEYyQ1zTlE8uYKuP3YWnJMTvlG/zVUc="
  static let otherKey = "xNuQjS6w7MtO3qI53xTw5dCjhD0lcKWyvX3ot2V/LG4="
  static let presharedKey = "/ZE7Gs59emweKqGO92uWgAG8rDniQgyNWznG8AiWCDo="
  static let zeroKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

  static func key(_ text: String) -> WireGuardKey { WireGuardKey(base64: text.utf8)! }

  /// A small file with room for lines: of the interface in line 4, of the peer in line 8, of our own section in line 10.
  static func file(interface: String = "", peer: String = "", vpn: String = "") -> String {
    """
    [Interface]
    PrivateKey = \(privateKey)
    Address = 172.27.12.34/32, fd27:12::34/128
    \(interface)
    [Peer]
    PublicKey = \(publicKey)
    AllowedIPs = 0.0.0.0/0, ::/0
    \(peer)
    [VPN]
    \(vpn)

    """
  }

  /// What `file()` says.
  static let profile = Profile(
    privateKey: key(privateKey), addresses: [Prefix("172.27.12.34/32")!, Prefix("fd27:12::34/128")!],
    peers: [PeerProfile(publicKey: key(publicKey), allowedIPs: [Prefix("0.0.0.0/0")!, Prefix("::/0")!])])

  /// In the shape of a provider's, with everything that is not usual, too.
  static let full = """
    # Device: Quick Otter
    [Interface]
    PrivateKey = \(privateKey) # keep it
    Address = 10.66.212.15/32,fc00:bbbb:bbbb:bb01::3:d40e/128
    Address = 10.2.0.2/24
    DNS = 10.64.0.1, corp.example, 2606:4700:4700::1111, lab_1.example.
    MTU = 1380
    ListenPort = 51821
    FwMark = 0xca6c
    Table = 4242
    PreUp = true
    PostUp = iptables -I OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -j REJECT # kill switch
    PostUp = ip6tables -I OUTPUT ! -o %i -j REJECT
    PreDown = iptables -D OUTPUT ! -o %i -j REJECT
    PostDown = true
    SaveConfig = false

    [Peer]
    # se-sto-wg-001
    PublicKey = \(publicKey)
    PresharedKey = \(presharedKey)
    AllowedIPs = 0.0.0.0/0, ::/0
    Endpoint = 185.65.135.69:51820
    PersistentKeepalive = 25

    [Peer]
    PublicKey = \(otherKey)
    AllowedIPs = 10.9.8.7/16
    AllowedIPs =
    Endpoint = [fe80::1%eth0]:443

    [VPN]
    ID = 12
    Subnet = 10.44.0.0/24
    Subnet6 = fd44:1::/64
    Networks = 10.9.0.0/16, ::/0
    Networks = 192.0.2.0/24
    Direct = 198.51.100.7, fd00::/8
    OutsideIdentity = yes
    Underlay = vrf blue
    Priority = 20000
    ExitCheck = https://example.net/ip
    Relay = 10.42.42.0/24, fd42::/64, snat

    """
}

func parse(_ text: String) throws(ProfileErrors) -> Profile { try Profile.parse(Array(text.utf8)) }

/// What is wrong with a file, one `LINE:COLUMN: MESSAGE` each.
func errors(_ bytes: [UInt8]) -> [String] {
  do {
    _ = try Profile.parse(bytes)
    return []
  } catch { return error.errors.map(\.description) }
}

func errors(_ text: String) -> [String] { errors(Array(text.utf8)) }
