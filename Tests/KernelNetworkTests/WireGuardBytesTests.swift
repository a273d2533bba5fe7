import Netlink
import NetworkModel
import TestSupport
import Testing

@testable import KernelNetwork

/// What `wg setconf` was given for the golden bytes:
///
///     [Interface]
///     PrivateKey = SIVwmofr8EWG8nl7M0YihGtLPAMXbNGexDRF/AW5Png=
///     ListenPort = 51821
///     FwMark = 0x2711
///     [Peer]
///     PublicKey = i4TBL9+g+ed3WEYyQ1zTlE8uYKuP3YWnJMTvlG/zVUc=
///     PresharedKey = /ZE7Gs59emweKqGO92uWgAG8rDniQgyNWznG8AiWCDo=
///     Endpoint = 203.0.113.2:51820
///     PersistentKeepalive = 25
///     AllowedIPs = 0.0.0.0/0, ::/0
///     [Peer]
///     PublicKey = xNuQjS6w7MtO3qI53xTw5dCjhD0lcKWyvX3ot2V/LG4=
///     Endpoint = [2001:db8:113::2]:443
///     AllowedIPs = 10.9.0.0/16, fd09::/64
let device = WireGuardDevice(
  privateKey: Keys.own, listenPort: 51821, fwmark: 10001,
  peers: [
    WireGuardPeer(
      publicKey: Keys.peer, presharedKey: Keys.preshared, endpoint: Endpoint(address: IPAddress("203.0.113.2")!, port: 51820),
      persistentKeepalive: 25, allowedIPs: [.everything(.v4), .everything(.v6)]),
    WireGuardPeer(
      publicKey: Keys.otherPeer, endpoint: Endpoint(address: IPAddress("2001:db8:113::2")!, port: 443),
      allowedIPs: [Prefix("10.9.0.0/16")!, Prefix("fd09::/64")!]),
  ])

@Suite struct WireGuardBytesTests {
  /// wg setconf wg0 FILE, on a kernel that has given the family number 33. All is in one message; ours are one for the device and one
  /// for each peer.
  @Test func setconf() throws {
    let golden = try lines(
      hex:
        "ac010000210005001794016b00000000010100000800020077673000240003004885709a87ebf04586f2797b334622846b4b3c03176cd19ec43445fc05b93e78060006006dca00000800070011270000080005000100000054010880b8000080240001008b84c12fdfa0f9e777584632435cd3944f2e60ab8fdd85a724c4ef946ff3554724000200fd913b1ace7d7a6c1e2aa18ef76b968001bcac39e2420c8d5b39c6f00896083a140004000200ca6ccb007102000000000000000006000500190000000800030002000000480009801c00008006000100020000000800020000000000050003000000000028000080060001000a000000140002000000000000000000000000000000000005000300000000009800008024000100c4db908d2eb0eccb4edea239df14f0e5d0a3843d2570a5b2bd7de8b7657f2c6e200004000a0001bb0000000020010db8011300000000000000000002000000000800030002000000480009801c0000800600010002000000080002000a090000050003001000000028000080060001000a00000014000200fd0900000000000000000000000000000500030040000000"
    )[0]
    let requests = device.requests(for: "wg0", family: 33)
    try #require(requests.count == 3)
    #expect(lines(requests[0]) == golden.filter { !$0.hasPrefix("8.") })

    let head = golden.filter { $0.hasPrefix("type") || $0.hasPrefix("flags") || $0.hasPrefix("header") || $0.hasPrefix("2: ") }
    #expect(lines(requests[1]) == head.union(golden.filter { $0.hasPrefix("8.0.") }))
    // No keepalive is said as 0.
    let second = golden.filter { $0.hasPrefix("8.0#1.") }.map { "8.0." + $0.dropFirst(6) }
    #expect(lines(requests[2]) == head.union(second).union(["8.0.5: 0000"]))
  }

  @Test func withoutListenPort() {
    let requests = WireGuardDevice(privateKey: Keys.own, fwmark: 10001, peers: []).requests(for: "wg0", family: 33)
    #expect(requests.count == 1)
    #expect(lines(requests[0]).isSuperset(of: ["5: 01000000", "6: 0000"]))
  }

  /// As `setconf`, but that nothing is said which ends a session: no WGDEVICE_F_REPLACE_PEERS (5), no mark (7), no port unless given (6).
  @Test func syncconf() throws {
    var changed = device
    changed.listenPort = nil
    changed.peers.removeLast()
    let requests = changed.reconfiguration(for: "wg0", family: 33, without: [Keys.otherPeer])
    try #require(requests.count == 3)
    #expect(
      lines(requests[0]) == device.requests(for: "wg0", family: 33).first.map { lines($0).filter { $0.first.map { !"567".contains($0) }! } }
    )
    #expect(lines(requests[1]).isSuperset(of: ["8.0.1: \(hex(Keys.otherPeer.bytes))", "8.0.3: 01000000"]))
    #expect(lines(requests[2]) == lines(device.requests(for: "wg0", family: 33)[1]))
    #expect(lines(device.reconfiguration(for: "wg0", family: 33, without: [])[0]).contains("6: 6dca"))
    changed.peers[0].presharedKey = nil
    let last = try #require(changed.reconfiguration(for: "wg0", family: 33, without: []).last)
    #expect(lines(last).contains("8.0.2: " + String(repeating: "0", count: 64)))
  }

  /// wg set wg0 fwmark 10001 peer … endpoint …, with one flag besides: a peer that is not there is not made (WGPEER_F_UPDATE_ONLY).
  @Test("Where peers are, and nothing else of them") func whereabouts() {
    #expect(
      lines(device.whereabouts(for: "wg0", family: 34)[0]) == [
        "type 34", "flags 0", "header 01010000", "2: 77673000", "7: 11270000", "8.0.1: \(hex(Keys.peer.bytes))", "8.0.3: 04000000",
        "8.0.4: 0200ca6ccb0071020000000000000000", "8.0#1.1: \(hex(Keys.otherPeer.bytes))", "8.0#1.3: 04000000",
        "8.0#1.4: 0a0001bb0000000020010db801130000000000000000000200000000",
      ])
    var silent = device
    silent.peers[0].endpoint = nil
    #expect(!lines(silent.whereabouts(for: "wg0", family: 34)[0]).contains { $0.hasSuffix(hex(Keys.peer.bytes)) })
    silent.peers = []
    #expect(lines(silent.whereabouts(for: "wg0", family: 34)[0]).contains("7: 11270000"))
  }

  /// As many peers as a profile of a mebibyte can have: 80 bytes of each would be more than an attribute takes.
  @Test("Where many peers are is said in several messages") func manyWhereabouts() {
    var many = device
    many.peers = (0..<1200).map { number in
      var peer = device.peers[1]
      peer.publicKey = WireGuardKey(bytes: [UInt8](repeating: UInt8(number & 0xff), count: 31) + [UInt8(number >> 8)])!
      return peer
    }
    let requests = many.whereabouts(for: "wg0", family: 34)
    #expect(requests.map { request in lines(request).count { $0.hasPrefix("8.0") && $0.contains(".4: ") } } == [500, 500, 200])
    #expect(requests.allSatisfy { lines($0).contains("7: 11270000") })
  }

  /// A message has 16 bits for the length of its largest attribute.
  @Test(
    "Long lists are split",
    arguments: [(0, [0]), (1, [1]), (1000, [1000]), (1001, [1000, 1]), (2500, [1000, 1000, 500])])
  func split(count: Int, parts: [Int]) throws {
    let all = (0..<UInt32(count)).map { Prefix(host: IPAddress("fd00::1:0")!.advanced(by: $0)) }
    let endpoint = Endpoint(address: IPAddress("203.0.113.2")!, port: 51820)
    let peer = WireGuardPeer(
      publicKey: Keys.peer, presharedKey: Keys.preshared, endpoint: endpoint, persistentKeepalive: 25, allowedIPs: all)
    let requests = WireGuardDevice(privateKey: Keys.own, fwmark: 0, peers: [peer]).requests(for: "wg0", family: 33).dropFirst()
    var sent: [Prefix] = []
    var counts: [Int] = []
    for (i, request) in requests.enumerated() {
      #expect(request.payload.bytes.count < 65536)
      let entry = try #require(peers(request).first)
      #expect(peers(request).count == 1)
      #expect(entry.first { $0.type == 1 }.map { Array($0.value) } == Keys.peer.bytes)
      // Only the first replaces, and says all the rest.
      #expect(entry.first { $0.type == 3 }?.uint32 == (i == 0 ? 2 : 0))
      for type in [2, 4, 5] as [UInt16] { #expect(entry.contains { $0.type == type } == (i == 0)) }
      let allowed = try #require(entry.first { $0.type == 9 }).nested.map { $0.nested }
      counts.append(allowed.count)
      for one in allowed {
        #expect(one.first { $0.type == 1 }?.uint16 == 10)
        let address = try #require(one.first { $0.type == 2 }.flatMap { IPAddress(bytes: $0.value) })
        sent.append(Prefix(address, length: try #require(one.first { $0.type == 3 }?.uint8)))
      }
    }
    #expect(counts == parts)
    #expect(sent == all)
  }

  /// The kernel tells of a peer by the attributes by which it is told.
  @Test func status() throws {
    let allowed = ["192.0.2.0/24", "::/0"].map { Prefix($0)! }
    let endpoint = Endpoint(address: IPAddress("203.0.113.2")!, port: 51820)
    let peer = WireGuardPeer(publicKey: Keys.peer, endpoint: endpoint, allowedIPs: allowed)
    let request = WireGuardDevice(privateKey: Keys.own, fwmark: 0, peers: [peer]).requests(for: "wg0", family: 33)[1]
    let status = try #require(peers(request).first.flatMap { WireGuardPeerStatus($0) })
    #expect(status.allowedIPs == allowed)
    #expect(status.endpoint == endpoint)
  }

  /// WGDEVICE_A_PEERS (8) of a request, behind four bytes of generic netlink's header.
  private func peers(_ request: Request) -> [Attributes] {
    Attributes(request.payload.bytes.dropFirst(4)).filter { $0.type == 8 }.flatMap { $0.nested.map(\.nested) }
  }
}
