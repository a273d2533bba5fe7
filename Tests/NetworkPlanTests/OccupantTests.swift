import NetworkModel
import NetworkPlan
import Testing

@Suite struct OccupantTests {
  private static func letting(_ label: String, _ ports: String) -> Occupant {
    var occupant = Occupant(uid: .max, pid: .max, command: ByteString(label), isAttached: true)
    occupant.inbound = TransportPort.list(ports.utf8)!
    return occupant
  }

  @Test(
    "What is written on a port is read back",
    arguments: [
      Occupant(uid: 1000, pid: 4242, command: "curl"), Occupant(uid: 0, pid: 1, command: "a command with spaces"),
      Occupant(uid: 0, pid: 0, command: "a web server", isAttached: true), Occupant(uid: 7, pid: 42, command: "web", isAttached: true),
      Occupant(uid: .max, pid: .max, command: ByteString(String(repeating: "x", count: 200))),
      letting("web", "tcp/22,udp/53"), letting("inbound=tcp/1 x", "tcp/22"), letting("a publish=1 x", "tcp/1"),
      letting(String(repeating: "x", count: 60), (51413...51426).map { "udp/\($0)" }.joined(separator: ",")),
    ])
  func roundTrip(occupant: Occupant) {
    #expect(Occupant(alias: occupant.alias) == occupant)
    #expect(occupant.alias.utf8.count < 256)
  }

  @Test("A command's name says nothing but its name", arguments: [false, true]) func hostileNames(isAttached: Bool) throws {
    let words = [
      "", " ", "--", "-- ", "-", "=", "x", "uid=0", "pid=1", "attached=1", "publish=8080", "lan=192.168.50.7:445", "inbound=tcp/22",
      "forward=4000:0:22",
    ]
    for first in words {
      for second in words {
        for name in [first, first + " " + second, first + " " + second + " x"] {
          var occupant = Occupant(uid: 1000, pid: 42, command: ByteString(name), isAttached: isAttached)
          #expect(Occupant(alias: occupant.alias) == occupant, "'\(name)'")
          occupant.published = PublishedPort.list("127.0.0.1:1:1/udp".utf8)!
          #expect(Occupant(alias: occupant.alias) == occupant, "'\(name)'")
          if isAttached { occupant.inbound = [TransportPort(.tcp, 1)] } else { occupant.lan = LANDestination.list("10.1.1.1".utf8)! }
          occupant.forwarded = ForwardedPort(outside: 1, inside: 1, target: 1)
          #expect(Occupant(alias: occupant.alias) == occupant, "'\(name)'")
        }
      }
    }
    #expect(Occupant(uid: 1000, pid: 42, command: "curl").alias == "uid=1000 pid=42 curl")
    #expect(Occupant(uid: 1000, pid: 42, command: "curl a=b").alias == "uid=1000 pid=42 curl a=b")
  }

  @Test("With all that can stand there") func longest() throws {
    var occupant = Occupant(uid: .max, pid: .max, command: ByteString(String(repeating: "=", count: 200)))
    occupant.forwarded = ForwardedPort(outside: 65535, inside: 65534, target: 65533)
    #expect(Occupant(alias: occupant.alias) == occupant)
    occupant.published = (0..<4).map { PublishedPort(IPAddress("127.0.0.1")!, 65000 + $0, to: TransportPort(.tcp, 65000 + $0)) }
    #expect(Occupant(alias: occupant.alias) == occupant)
    let room = PublishedPort.maximumOfText - PublishedPort.text(occupant.published).utf8.count
    #expect(room >= 0 && occupant.alias.utf8.count + room < 256)
    occupant.published = []
    occupant.lan = LANDestination.list("192.168.50.7:445,192.168.60.0/24,fd00:0:0:1::/64,[fd00:0:0:2:1:2:3:4]:445".utf8)!
    #expect(Occupant(alias: occupant.alias) == occupant)
    // A program of such a name.
    for text in ["uid=1 pid=2 forward=1:2 x", "uid=1 pid=2 forward=1:2:3"] as [ByteString] {
      #expect(Occupant(alias: text).map { $0.forwarded == nil } == true)
    }
  }

  @Test(
    "Any other text is nobody's",
    arguments: ["", "uid=1 pid=2", "uid= pid=2 x", "pid=2 uid=1 x", "uid=-1 pid=2 x", "uid=4294967296 pid=2 x", "for commands"])
  func others(alias: ByteString) { #expect(Occupant(alias: alias) == nil) }

  @Test("A port that is not written on yet is its owner's") func starting() throws {
    let occupant = try #require(Occupant(alias: nil, owner: 1000))
    #expect(occupant.uid == 1000 && occupant.isStarting)
    // One of an older version has the kernel's own number, which is no owner.
    let older = try #require(Occupant(alias: "uid=7 pid=42 curl", owner: 1000))
    #expect(older.uid == 7 && !older.isStarting)
    #expect(Occupant(alias: "for commands", owner: 1000) == nil)
  }

  @Test("The slot that a port's name tells", arguments: [("v7", 7), ("v65534", 65534), ("eth0", nil), ("v", nil), ("v-1", nil), ("", nil)])
  func slots(name: ByteString, expected: UInt32?) { #expect(Names.slot(ofPort: name) == expected) }
}

/// Of 253 addresses the last 32 are left to those who have fewer than 8.
@Suite struct FairnessTests {
  private func allows(uid: UInt32 = 1000, own: Int, unknown: Int = 0) -> Bool {
    let owners: [UInt32?] = (0..<own).map { _ in uid } + (0..<unknown).map { _ in nil } + (0..<100).map { _ in 7 }
    return Fairness.allowsLast(uid: uid, owners: owners)
  }

  @Test func ordinary() { #expect(Fairness.ordinary(of: 253) == 221) }

  @Test func few() {
    #expect(allows(own: 0))
    #expect(allows(own: Fairness.few - 1))
    #expect(!allows(own: Fairness.few))
  }

  @Test("A port whose owner is not known yet counts as one's own") func unknown() {
    #expect(!allows(own: Fairness.few - 1, unknown: 1))
  }

  @Test func root() { #expect(allows(uid: 0, own: 252)) }

  @Test("A small network has no last addresses") func small() { #expect(Fairness.ordinary(of: 5) == 5) }
}
