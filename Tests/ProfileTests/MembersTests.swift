import NetworkModel
import Profile
import Testing

@Suite("Members of groups, by the two files") struct MembersTests {
  private let passwd = Array(
    "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/:/bin/sh\nbob:x:1001:50:,,:/:/bin/sh\ncarol:x:1002:1002\nodd:x:y:50::/:/bin/sh\n".utf8)
  private let group = Array("vpn:x:50:alice,nobody-here\nstaff:x:51:alice,carol\nempty:x:52:\nodd:x:y:carol\nshort:x:50\n".utf8)

  @Test(
    "First groups and others",
    arguments: [
      ([50], [1000, 1001]), ([51], [1000, 1002]), ([50, 51], [1000, 1001, 1002]), ([52], []), ([1002], [1002]), ([], []), ([77], []),
    ] as [([UInt32], [UInt32])])
  func members(groups: [UInt32], expected: [UInt32]) {
    #expect(Permission.members(of: groups, passwd: passwd, group: group) == expected)
  }
}
