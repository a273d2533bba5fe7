import NetworkPlan
import Testing

@Suite struct OccupantTests {
  @Test(
    "What is written on a port is read back",
    arguments: [
      Occupant(uid: 1000, pid: 4242, command: "curl"), Occupant(uid: 0, pid: 1, command: "a command with spaces"),
      Occupant(uid: .max, pid: .max, command: String(repeating: "x", count: 200)),
    ])
  func roundTrip(occupant: Occupant) {
    #expect(Occupant(alias: occupant.alias) == occupant)
    #expect(occupant.alias.utf8.count < 256)
  }

  @Test(
    "Any other text is nobody's",
    arguments: ["", "uid=1 pid=2", "uid= pid=2 x", "pid=2 uid=1 x", "uid=-1 pid=2 x", "uid=4294967296 pid=2 x", "for commands"])
  func others(alias: String) { #expect(Occupant(alias: alias) == nil) }

  @Test("The slot that a port's name tells", arguments: [("v7", 7), ("v65534", 65534), ("eth0", nil), ("v", nil), ("v-1", nil), ("", nil)])
  func slots(name: String, expected: UInt32?) { #expect(slot(ofPort: name) == expected) }
}

/// Of 253 addresses 32 are left to those who have fewer than 8.
@Suite struct FairnessTests {
  private func allows(uid: UInt32 = 1000, used: UInt32, own: Int) -> Bool {
    let occupants =
      (0..<own).map { _ in Occupant(uid: uid, pid: 1, command: "x") }
      + (0..<max(0, Int(used) - own)).map { _ in Occupant(uid: 7, pid: 1, command: "x") }
    return Fairness.allows(uid: uid, total: 253, used: used, occupants: occupants)
  }

  @Test func plenty() {
    #expect(allows(used: 0, own: 0))
    #expect(allows(used: 220, own: 220))
  }

  @Test func scarce() {
    #expect(!allows(used: 221, own: 221))
    #expect(!allows(used: 221, own: Int(Fairness.few)))
    #expect(allows(used: 221, own: Int(Fairness.few) - 1))
    #expect(allows(used: 252, own: 0))
  }

  @Test func root() { #expect(allows(uid: 0, used: 252, own: 252)) }

  @Test("A small network is all reserved") func small() {
    #expect(Fairness.allows(uid: 1, total: 5, used: 0, occupants: []))
  }
}
