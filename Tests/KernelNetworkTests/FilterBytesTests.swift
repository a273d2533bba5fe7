import KernelNetwork
import Netlink
import NetworkModel
import NetworkPlan
import Testing

/// A table in which every statement stands where it may.
let everyStatement = FilterTable(
  "t",
  sets: [
    FilterSet("direct4", .v4, ["10.0.0.0/8", "192.0.2.7", "224.0.0.0/3"].map { Prefix($0)! }),
    FilterSet("direct6", .v6, ["2001:db8::/33", "fd27:12::1", "ff00::/8"].map { Prefix($0)! }),
    FilterSet("users", .users([0, 20001])), FilterSet("groups", .groups([100])),
    FilterSet("commands4", .connections(.v4, .source)), FilterSet("commands6", .connections(.v6, .source)),
    FilterSet("servers4", .connections(.v4, .sourceAndServer)), FilterSet("servers6", .connections(.v6, .sourceAndServer)),
  ],
  [
    FilterChain("to-servers", []),
    FilterChain(
      "forward", .filter, .forward, priority: 0, dropsByDefault: true,
      (FilterRow.filter + FilterRow.shares).map { FilterRule($0.statements) }),
    FilterChain("dns", .nat, .prerouting, priority: -100, FilterRow.destinationNAT.map { FilterRule($0.statements) }),
    FilterChain("postrouting", .nat, .postrouting, priority: 100, FilterRow.sourceNAT.map { FilterRule($0.statements) }),
    FilterChain("reroute", .route, .output, priority: -150, FilterRow.route.map { FilterRule($0.statements) }),
  ])

/// nft(8)'s language for a table, as the plan prints it: with what a shell adds to it, rules in the first of their spellings or the second.
func text(_ table: FilterTable, second: Bool = false) -> String {
  let lines = Step(.host, .addTable(table)).commandLines(Shell(box: "", command: ""))
  let end = lines.firstIndex(of: "END")!
  var rules: [Substring] = []
  for line in lines[end...].dropFirst() where !line.hasPrefix("#") {
    if line.hasPrefix("  "), second { rules.removeLast() }
    if !line.hasPrefix("  ") || second { rules.append(line.split(separator: "'")[1]) }
  }
  return (lines[1..<end] + rules.map(String.init)).joined(separator: "\n") + "\n"
}

/// BEGIN, the table, four sets with their elements and four without stand before the chains.
private let firstChain = 14
private let firstRule = firstChain + 5

@Suite struct FilterBytesTests {
  private let requests = everyStatement.creation(replacing: false)

  @Test("A rule's expressions", arguments: FilterRow.all.indices)
  func expressions(index: Int) {
    let row = FilterRow.all[index]
    let rule = lines(requests[firstRule + index]).filter { $0.hasPrefix("4.") }
    let golden = attributes(bytes(hex: row.bytes)[...], "4")
    #expect(rule == golden.filter { line in !row.implied.contains { line.hasSuffix($0) } })
  }

  @Test("A rule's text", arguments: FilterRow.all)
  func printed(row: FilterRow) {
    let lines = text(FilterTable("t", [FilterChain("c", [FilterRule(row.statements)])])).split(separator: "\n")
    let added = lines.last!.trimmingPrefix("add rule inet t c ")
    #expect((added == "}" ? lines[2].trimmingPrefix { $0 == " " } : added) == row.text)
  }

  /// A new statement stops this from compiling: it needs a row as well.
  @Test func everyStatementHasARow() {
    func number(_ statement: FilterStatement) -> Int {
      switch statement {
      case .inputLink: 0
      case .notInputLink: 1
      case .outputLink: 2
      case .notOutputLink: 3
      case .family: 4
      case .transport: 5
      case .source: 6
      case .notSource: 7
      case .destination: 8
      case .destinationPort: 9
      case .established: 10
      case .connecting: 11
      case .clampSegmentSizeToRoute: 12
      case .counter: 13
      case .jump: 14
      case .accept: 15
      case .drop: 16
      case .leave: 17
      case .rejectWithReset: 18
      case .reject: 19
      case .sourceNAT: 20
      case .destinationNAT: 21
      case .masquerade: 22
      case .outputGroup: 23
      case .notOutputGroup: 24
      case .mark: 25
      case .markWithin: 26
      case .destinationIn: 27
      case .connectionMark: 28
      case .setMark: 29
      case .markConnection: 30
      case .markFromConnection: 31
      case .userIn: 32
      case .groupIn: 33
      case .sentByProcess: 34
      case .new: 35
      case .connectionsOver: 36
      case .rateOver: 37
      case .sourcePort: 38
      case .icmpv6Type: 39
      case .setConnectionMark: 40
      case .answering: 41
      case .quoting: 42
      case .destinationPorts: 43
      case .nextHeader: 44
      case .destinationNATByPort: 45
      case .destinationNATToPort: 46
      case .asking: 47
      case .offload: 48
      }
    }
    // `FlowtableTests` have that one: few kernels take it.
    let all = everyStatement.chains.flatMap(\.rules).flatMap(\.statements) + [.offload("")]
    #expect(Set(all.map(number)) == Set(0...48))
  }

  /// The transaction's frame: BEGIN, table, sets (`FilterSetBytesTests`), chains; then rules, then END.
  @Test func frame() throws {
    try expect(requests[0], says: "140000001000010000000000000000000000000a")
    // nft does not ask for the table to be new, and says that it has no flags.
    try expect(
      requests[1], says: "24000000000a010001000000000000000100000006000100740000000800020000000000", but: ["flags 1536"],
      not: ["flags 0", "2: 00000000"])
    try expect(requests[firstChain], says: "2c000000030a010402000000000000000100000006000100740000000f000300746f2d736572766572730000")
    try expect(
      requests[firstChain + 1],
      says:
        "50000000030a010403000000000000000100000006000100740000000c000300666f7277617264000b00070066696c746572000008000500000000001400048008000100000000020800020000000000"
    )
    try expect(
      requests[firstChain + 2],
      says:
        "48000000030a0104040000000000000001000000060001007400000008000300646e7300080007006e617400080005000000000114000480080001000000000008000200ffffff9c"
    )
    try expect(
      requests[firstChain + 3],
      says:
        "50000000030a0104050000000000000001000000060001007400000010000300706f7374726f7574696e6700080007006e61740008000500000000011400048008000100000000040800020000000064"
    )
    try expect(
      requests[firstChain + 4],
      says:
        "50000000030a010403000000000000000100000006000100740000000c0003007265726f757465000a000700726f757465000000080005000000000114000480080001000000000308000200ffffff6a"
    )
    for request in requests[firstRule..<(requests.count - 1)] {
      #expect(lines(request).isSuperset(of: ["type 2566", "flags 3072", "header 01000000", "1: 7400"]))
    }
    try expect(requests[requests.count - 1], says: "140000001100010025000000000000000000000a")
  }

  @Test("Replacing is add, delete, add")
  func replacing() {
    let replaced = everyStatement.creation(replacing: true)
    #expect(replaced.count == requests.count + 2)
    #expect(lines(replaced[1]) == ["type 2560", "flags 1024", "header 01000000", "1: 7400"])
    #expect(lines(replaced[2]) == ["type 2562", "flags 0", "header 01000000", "1: 7400"])
    #expect(replaced.dropFirst(3).map(lines) == requests.dropFirst().map(lines))
    #expect(FilterTable.deletion(of: "t").map(lines) == [lines(requests[0]), lines(replaced[2]), lines(requests[requests.count - 1])])
  }
}
