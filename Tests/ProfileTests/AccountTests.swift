import NetworkModel
import Profile
import Testing

@Suite("Users and groups of a profile") struct AccountTests {
  private let passwd = Array(
    "root:x:0:0::/root:/bin/sh\n# alice:x:1:1:\nalice:x:1000:1000::/home/alice:/bin/sh\nbad:x:-1:5::\n+::::::\nbob:x:1001".utf8)
  private let group = Array("vpn:x:995:alice,bob\nnet-users:x:27:\nalice:x:1000:\n".utf8)

  private func permission(_ keys: String) throws -> Permission {
    try parse(Sample.file(vpn: keys)).permission(passwd: passwd, group: group)
  }

  private func refusal(_ keys: String) -> String? {
    #expect(throws: PermissionError.self) { try permission(keys) }?.sentence.description
  }

  @Test("Names are those of the two files, numbers need none") func numbers() throws {
    #expect(try permission("ID = 1") == .everybody)
    #expect(try permission("AllowUsers = alice, 4242 root") == .only(users: [1000, 4242, 0], groups: []))
    #expect(try permission("AllowGroups = net-users\nallowgroups = vpn,27") == .only(users: [], groups: [27, 995]))
    #expect(try permission("AllowUsers = alice, 1000, alice\nAllowGroups = alice") == .only(users: [1000], groups: [1000]))
  }

  @Test("An unknown name allows nobody") func unknown() {
    #expect(
      refusal("AllowUsers = zoe, alice")
        == "AllowUsers = zoe: there is no such user in /etc/passwd; write its number if it comes from elsewhere")
    #expect(refusal("AllowGroups = ALICE")?.hasPrefix("AllowGroups = ALICE: there is no such group in /etc/group") == true)
    // A line that says no number, or that is not whole.
    for name in ["bad", "bob"] { #expect(refusal("AllowUsers = \(name)") != nil) }
  }

  @Test("All of them must fit the box's label") func tooMany() throws {
    let many = (0..<24).map { "\(4_000_000_000 + $0)" }
    #expect(refusal("AllowUsers = " + many.joined(separator: ", "))?.hasPrefix("AllowUsers and AllowGroups are too many") == true)
    let fits = try permission("AllowUsers = " + many.prefix(20).joined(separator: ", "))
    #expect(fits.alias.utf8.count <= Permission.maximumLength && Permission(alias: fits.alias) == fits)
  }

  @Test(
    "What is no account",
    arguments: ["1a", "-a", "a b:c", "4294967295", "99999999999", "a$", "@a", ".a", String(repeating: "a", count: 33), "root;id"])
  func wrong(text: String) {
    for key in ["AllowUsers", "AllowGroups"] {
      #expect(
        errors(Sample.file(vpn: "\(key) = \(text)")).contains { $0.contains(": neither a name nor a number; write a name of /etc/passwd") })
    }
  }

  @Test("Without anybody's name the line does not allow everybody", arguments: ["", ",", " , "])
  func empty(text: String) {
    #expect(
      errors(Sample.file(vpn: "AllowUsers = \(text)")).contains {
        $0.contains("AllowUsers: the value is missing") || $0.contains("the value is missing")
      })
  }
}
