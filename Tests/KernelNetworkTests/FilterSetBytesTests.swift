import KernelNetwork
import Netlink
import NetworkModel
import Testing

/// One element of a set, as `KEY` or `KEY end`: the first address that no longer belongs to what begins before it.
private func elements(_ body: ArraySlice<UInt8>) -> [String] {
  // Behind nfnetlink's header: NFTA_SET_ELEM_LIST_ELEMENTS (3), of each NFTA_SET_ELEM_KEY (1) and NFTA_SET_ELEM_FLAGS (3).
  Attributes(body.dropFirst(4)).first { $0.type == 3 }?.nested.map { element in
    let key = element.nested.first { $0.type == 1 }?.nested.first { $0.type == 1 }.map { hex($0.value) } ?? "none"
    let flags = element.nested.first { $0.type == 3 }.map { hex($0.value) } ?? "00000000"
    return key + (flags == "00000000" ? "" : flags == "00000001" ? " end" : " flags \(flags)")
  } ?? []
}

private func setRequests(_ family: IPFamily, _ prefixes: [Prefix]) -> [Request] {
  FilterTable("t", sets: [FilterSet("s", family, prefixes)], []).creation(replacing: false)
}

/// A set and its elements, each with what nft 1.0.6 sent for
///   table inet t { set direct4 { type ipv4_addr; flags constant, interval; elements = { 10.0.0.0/8, 192.0.2.7, 224.0.0.0/3 } } … }
/// nft says more than the kernel needs: what is before the first interval ends at address zero, notes for its own listing (13 of the
/// set: the machine's byte order; 6 of the last element: it has no end), and the set's number in each message about it (4).
@Suite struct FilterSetBytesTests {
  private let requests = everyStatement.creation(replacing: false)

  @Test func created() throws {
    try expect(
      requests[2],
      says:
        "54000000090a010404000000000000000100000006000100740000000c000200646972656374340008000300000000060800040000000007080005000000000408000a00000000010a000d000004020000000000",
      not: ["13: 000402000000"])
    try expect(
      requests[4],
      says:
        "54000000090a010406000000000000000100000006000100740000000c000200646972656374360008000300000000060800040000000008080005000000001008000a00000000020a000d000004020000000000",
      not: ["13: 000402000000"])
  }

  /// Users and groups with their elements; what the kernel fills has none, and a size. Note 13 says also of what a key is made.
  @Test("Numbers, and what the kernel counts")
  func others() throws {
    let golden = [
      "54000000090a010407000000000000000100000006000100740000000a000200757365727300000008000300000000020800040000000018080005000000000408000a00000000030a000d000004010000000000",
      "540000000c0a010408000000000000000100000006000100740000000a0002007573657273000000080004000000000324000380100001800c0001800800010000000000100002800c00018008000100214e0000",
      "54000000090a010409000000000000000100000006000100740000000b00020067726f757073000008000300000000020800040000000019080005000000000408000a00000000040a000d000004010000000000",
      "440000000c0a01040a000000000000000100000006000100740000000b00020067726f7570730000080004000000000414000380100001800c0001800800010064000000",
      "64000000090a01040b000000000000000100000006000100740000000e000200636f6d6d616e64733400000008000300000000200800040000000007080005000000000408000a00000000050c00098008000100001000000a000d000004020000000000",
      "64000000090a01040c000000000000000100000006000100740000000e000200636f6d6d616e64733600000008000300000000200800040000000008080005000000001008000a00000000060c00098008000100001000000a000d000004020000000000",
      "6c000000090a01040d000000000000000100000006000100740000000d000200736572766572733400000000080003000000002008000400000071cd080005000000000c08000a00000000070c000980080001000010000014000d00000400000000030800040d0000000100",
      "6c000000090a01040e000000000000000100000006000100740000000d0002007365727665727336000000000800030000000020080004000000820d080005000000002408000a00000000080c000980080001000010000014000d00000400000000030800040d0000000100",
    ]
    for (request, golden) in zip(requests[6...], golden) {
      let expected = try #require(try lines(hex: golden).first)
      let mine = lines(request)
      #expect(mine.filter { !$0.hasPrefix("3.") }.isSubset(of: expected))
      // The set is told by its number as well.
      let more = expected.subtracting(mine).filter { !$0.hasPrefix("3.") }
      #expect(more.allSatisfy { $0.hasPrefix("13: ") || $0.hasPrefix("4: 0000000") }, "\(more)")
      let message = try Message.split(bytes(hex: golden)[...])[0]
      #expect(elements(request.payload.bytes[...]) == elements(message.body))
    }
  }

  @Test(
    "Elements",
    arguments: [
      (
        3,
        "b80000000c0a010405000000000000000100000006000100740000000c00020064697265637434000800040000000001880003801800018008000300000000010c0001800800010000000000100002800c000180080001000a0000001800038008000300000000010c000180080001000b000000100004800c00018008000100c00002071800058008000300000000010c00018008000100c00002081c0006800c00018008000100e00000000a0006000104010000000000"
      ),
      (
        5,
        "000100000c0a010407000000000000000100000006000100740000000c00020064697265637436000800040000000002d00003802400018008000300000000011800018014000100000000000000000000000000000000001c000280180001801400010020010db8000000000000000000000000240003800800030000000001180001801400010020010db88000000000000000000000001c0004801800018014000100fd2700120000000000000000000000012400058008000300000000011800018014000100fd270012000000000000000000000002280006801800018014000100ff0000000000000000000000000000000a0006000104010000000000"
      ),
    ])
  func filled(index: Int, golden: String) throws {
    func frame(_ lines: Set<String>) -> Set<String> { lines.filter { !$0.hasPrefix("3.") } }
    let expected = try #require(try lines(hex: golden).first)
    #expect(frame(expected).subtracting(frame(lines(requests[index]))) == [index == 3 ? "4: 00000001" : "4: 00000002"])
    #expect(frame(lines(requests[index])).isSubset(of: expected))
    let message = try Message.split(bytes(hex: golden)[...])[0]
    #expect(elements(requests[index].payload.bytes[...]) == Array(elements(message.body).dropFirst()))
  }

  /// nft's own, each from a set of its own.
  @Test(
    "From the first address to the first that no longer belongs to it, if the family has one",
    arguments: [
      (["10.0.0.0/8"], ["0a000000", "0b000000 end"]), (["0.0.0.0/0"], ["00000000"]), (["224.0.0.0/3"], ["e0000000"]),
      (["255.255.255.255"], ["ffffffff"]), (["192.0.2.7"], ["c0000207", "c0000208 end"]),
      (["192.0.2.128/25"], ["c0000280", "c0000300 end"]), (["0.0.0.0/1"], ["00000000", "80000000 end"]), (["128.0.0.0/1"], ["80000000"]),
      (["0.0.0.0"], ["00000000", "00000001 end"]), (["10.255.255.0/24"], ["0affff00", "0b000000 end"]),
      (["127.255.255.255"], ["7fffffff", "80000000 end"]),
      (["10.0.0.0/9", "10.128.0.0/9"], ["0a000000", "0a800000 end", "0a800000", "0b000000 end"]),
      (["240.0.0.0/4", "224.0.0.0/4"], ["e0000000", "f0000000 end", "f0000000"]),
      (["128.0.0.0/1", "0.0.0.0/1"], ["00000000", "80000000 end", "80000000"]),
      (["192.0.2.7", "11.0.0.0/8", "10.0.0.0/8"], ["0a000000", "0b000000 end", "0b000000", "0c000000 end", "c0000207", "c0000208 end"]),
    ] as [([String], [String])])
  func intervals4(prefixes: [String], expected: [String]) {
    #expect(elements(setRequests(.v4, prefixes.map { Prefix($0)! })[3].payload.bytes[...]) == expected)
  }

  /// As above; `…` for zeros.
  @Test(
    "And of IPv6",
    arguments: [
      (["::/0"], ["…"]), (["ff00::/8"], ["ff…"]), (["fe80::/10"], ["fe80…", "fec0… end"]),
      (["2001:db8::/33"], ["20010db8…", "20010db880… end"]),
      (["::1"], ["00000000000000000000000000000001", "00000000000000000000000000000002 end"]),
      (["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], ["ffffffffffffffffffffffffffffffff"]),
      (["fd00::ffff:ffff:ffff:ffff"], ["fd00000000000000ffffffffffffffff", "fd00000000000001… end"]), (["8000::/1"], ["80…"]),
      (["::"], ["…", "00000000000000000000000000000001 end"]),
      (["ff00::/8", "fc00::/7", "fe80::/10"], ["fc…", "fe… end", "fe80…", "fec0… end", "ff…"]),
    ] as [([String], [String])])
  func intervals6(prefixes: [String], expected: [String]) {
    let found = elements(setRequests(.v6, prefixes.map { Prefix($0)! })[3].payload.bytes[...])
    let full = expected.map { text -> String in
      let parts = text.split(separator: "…", omittingEmptySubsequences: false)
      return parts.count < 2 ? text : parts[0] + String(repeating: "0", count: 32 - parts[0].count) + parts[1]
    }
    #expect(found == full)
  }

  @Test("Host bits do not count, nor what is in another prefix, nor the other family")
  func reduced() {
    let set = FilterSet("s", .v4, ["10.1.2.3/16", "10.0.0.0/8", "10.9.9.9", "fd00::/8", "9.0.0.1/32", "10.0.0.0/8"].map { Prefix($0)! })
    #expect(set.prefixes.map(\.description) == ["9.0.0.1/32", "10.0.0.0/8"])
  }

  @Test("Without elements there is no message for them", arguments: IPFamily.allCases)
  func empty(family: IPFamily) {
    #expect(setRequests(family, []).count == 4)
  }

  /// By what is in them: a table with a comment is left alone where it is there with the same, and of its rules those chains are changed that
  /// have others. A command's own has none, and no digest.
  @Test func digests() throws {
    func userData(_ prefix: String, _ port: UInt16, comment: ByteString? = "vpnrun home") -> [String] {
      let table = FilterTable(
        "t", comment: comment, sets: [FilterSet("s", .v4, [Prefix(prefix)!])],
        [FilterChain("c", .filter, .output, priority: 0, [[.transport(.udp), .destinationPort(port), .drop], [.drop]])])
      // NFTA_TABLE_USERDATA is 6, NFTA_RULE_USERDATA 7; NFT_MSG_NEWTABLE 0, NFT_MSG_NEWRULE 6.
      return table.creation(replacing: false).compactMap { request in
        let wanted: UInt16 = request.type & 0xff == 0 ? 6 : request.type & 0xff == 6 ? 7 : 0xff
        return Attributes(request.payload.bytes.dropFirst(4)).first { $0.type == wanted }.map { hex($0.value) }
      }
    }
    let usual = userData("10.0.0.0/8", 53)
    try #require(usual.count == 3 && Set(usual).count == 3)
    #expect(userData("10.0.0.0/8", 53) == usual)
    let element = userData("10.0.0.0/9", 53)
    #expect(element[0] != usual[0] && element[1...] == usual[1...])
    let rule = userData("10.0.0.0/8", 54)
    #expect(rule[0] == usual[0] && rule[1] != usual[1] && rule[2] == usual[2])
    #expect(userData("10.0.0.0/8", 53, comment: nil) == [])
  }

  @Test("Of a table with other rules the chains are emptied that have them, and filled, in one transaction") func change() {
    let chains = ["a", "b"].map { FilterChain($0, .filter, .output, priority: 0, [[.transport(.udp), .drop], [.drop]]) }
    let table = FilterTable("t", comment: "vpnrun home", chains)
    let whole = table.creation(replacing: false)
    let change = table.change(of: [chains[1]])
    // NFT_MSG_NEWRULE is 6, NFT_MSG_DELRULE 8; BEGIN and END of the transaction 16 and 17.
    #expect(change.map { $0.type & 0xff } == [16, 8, 6, 6, 17])
    #expect(Array(change[2...3].map(\.payload.bytes)) == whole.suffix(3).prefix(2).map(\.payload.bytes))
    // NFTA_RULE_TABLE is 1, NFTA_RULE_CHAIN 2, and without a handle all rules go.
    let emptied = Attributes(change[1].payload.bytes.dropFirst(4)).map { (Int($0.type), hex($0.value)) }
    #expect(emptied.map(\.0) == [1, 2] && emptied.map(\.1) == ["7400", "6200"])
  }

  /// A message has 16 bits for the length of its largest attribute.
  @Test("Long lists are split", arguments: [(500, 1), (501, 2), (1700, 4)])
  func long(count: Int, messages: Int) {
    let prefixes = (0..<UInt32(count)).map { Prefix(host: IPAddress("fd00::1:0")!.advanced(by: 2 * $0)) }
    let all = setRequests(.v6, prefixes).dropFirst(3).dropLast()
    #expect(all.count == messages)
    for request in all { #expect(request.payload.bytes.count < 65536) }
    #expect(all.flatMap { elements($0.payload.bytes[...]) }.count == 2 * count)
  }
}
