import NetworkModel
import Testing

@Suite("Who may use a VPN, as its box says") struct PermissionTests {
  @Test(
    "What is written is read again",
    arguments: [
      Permission.everybody, .only(users: [], groups: []), .only(users: [0, 1000, 4_294_967_294], groups: []),
      .only(users: [], groups: [27]), .only(users: [1000], groups: [27, 100]),
    ])
  func roundTrip(permission: Permission) { #expect(Permission(alias: permission.alias) == permission) }

  @Test func text() {
    #expect(Permission.only(users: [1000, 1001], groups: [27]).alias == "users=1000,1001 groups=27")
    #expect(Permission.everybody.alias == "everybody")
  }

  @Test(
    "Anything else is nobody's permission",
    arguments: [
      "", "everybody ", "Everybody", "users=", "users=1", "groups=1 users=1", "users=1 groups=1 ", "users=1  groups=1", "users=1, groups=",
      "users=-1 groups=", "users=+1 groups=", "users=4294967296 groups=", "users=1;groups=2", "vpnrun home", "users=a groups=",
    ])
  func nonsense(alias: ByteString) { #expect(Permission(alias: alias) == nil) }

  @Test func allows() {
    let some = Permission.only(users: [1000], groups: [27, 28])
    #expect(some.allows(user: 1000, groups: []))
    #expect(some.allows(user: 5, groups: [5, 28]))
    #expect(!some.allows(user: 27, groups: [1000]))
    #expect(!some.allows(user: 1001, groups: []))
    #expect(!Permission.only(users: [], groups: []).allows(user: 1000, groups: [1000]))
    #expect(Permission.everybody.allows(user: 1000, groups: []))
  }
}

@Suite("Whether a box lets commands in") struct DoorTests {
  @Test(
    "Closed and opened again it says what it said before",
    arguments: [
      "", "everybody", "users=1000,1001 groups=27", "users= groups=", "no permission", "closed=", "closed=x everybody", "closed=7",
    ])
  func roundTrip(text: ByteString) {
    var door = Door(alias: text)
    #expect(door.closer == nil)
    #expect(door.alias == text)
    door.closer = 4242
    #expect(Door(alias: door.alias) == door)
    #expect(Door(alias: door.alias).permission == Permission(alias: text))
    door.closer = nil
    #expect(door.alias == text)
  }

  @Test func text() {
    #expect(Door(alias: "closed=4242 everybody").permission == .everybody)
    #expect(Door(alias: "closed=4242 everybody").closer == 4242)
    #expect(Door(alias: nil).permission == nil)
  }

  @Test("The longest permission leaves room for it") func length() {
    var door = Door(alias: ByteString(String(repeating: "x", count: Permission.maximumLength)))
    door.closer = .max
    #expect(door.alias.utf8.count == 255)
  }
}
