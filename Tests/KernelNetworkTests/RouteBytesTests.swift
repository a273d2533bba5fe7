import KernelNetwork
import NetworkModel
import Testing

private let default4 = Prefix.everything(.v4)
private let default6 = Prefix.everything(.v6)
private let own4 = IPAddress("172.27.12.34")!
private let own6 = IPAddress("fd27:12::34")!

@Suite struct AddressBytesTests {
  // ip address add 10.20.1.1/24 dev br-home
  @Test func v4() throws {
    try expect(
      Address(Prefix("10.20.1.1/24")!, on: "br-home").creation(index: 2),
      says: "2800000014000506e093016b000000000218000002000000080002000a140101080001000a140101")
  }

  // ip address add 172.27.12.34/32 dev home
  @Test func host() throws {
    try expect(
      Address(Prefix(host: own4), on: "home").creation(index: 3),
      says: "2800000014000506df93016b00000000022000000300000008000200ac1b0c2208000100ac1b0c22")
  }

  // ip address add fd76:706e:1::1/64 dev br-home nodad
  @Test func v6() throws {
    try expect(
      Address(Prefix("fd76:706e:1::1/64")!, on: "br-home").creation(index: 2),
      says:
        "4000000014000506e193016b000000000a4002000200000014000200fd76706e00010000000000000000000114000100fd76706e000100000000000000000001")
  }
}

/// Tables are named by an attribute in all of ours (RTA_TABLE, 15), whatever their number.
@Suite struct RouteBytesTests {
  private let main: Set<String> = ["15: fe000000"]
  private let first: Set<String> = ["15: 01000000"]

  // ip route add 172.27.12.35/32 dev host0 protocol 86
  @Test func link4() throws {
    try expect(
      Route(Prefix("172.27.12.35/32")!, .link("host0")).creation(index: 7_762_030),
      says: "2c00000018000506e293016b0000000002200000fe56fd010000000008000100ac1b0c23080004006e707600", but: main)
  }

  // ip -6 route add fd27:12::35/128 dev host0 protocol 86
  @Test func link6() throws {
    try expect(
      Route(Prefix("fd27:12::35/128")!, .link("host0")).creation(index: 7_762_030),
      says: "3800000018000506e393016b000000000a800000fe5600010000000014000100fd270012000000000000000000000035080004006e707600", but: main)
  }

  // ip route add default dev br-home metric 4294967295 protocol 86
  @Test func lastChoice() throws {
    try expect(
      Route(default4, .link("br-home"), metric: Route.lastMetric).creation(index: 2),
      says: "2c00000018000506e393016b0000000002000000fe56fd010000000008000600ffffffff0800040002000000", but: main)
  }

  // ip route add default via 169.254.76.1 dev home onlink src 172.27.12.34 table 1 protocol 86
  @Test func onLinkGateway4() throws {
    let target = Route.Target.gateway(IPAddress("169.254.76.1")!, link: "home", isOnLink: true)
    try expect(
      Route(default4, target, table: 1, source: own4).creation(index: 3),
      says: "3400000018000506e493016b0000000002000000015600010400000008000500a9fe4c0108000700ac1b0c220800040003000000", but: first)
    // … table 1000
    try expect(
      Route(default4, target, table: 1000, source: own4).creation(index: 3),
      says: "3c00000018000506e593016b0000000002000000005600010400000008000500a9fe4c0108000700ac1b0c2208000f00e80300000800040003000000")
  }

  // ip -6 route add default via fe80::1 dev home onlink src fd27:12::34 table 1 protocol 86: with ::/0 spelt out.
  @Test func onLinkGateway6() throws {
    let target = Route.Target.gateway(IPAddress("fe80::1")!, link: "home", isOnLink: true)
    try expect(
      Route(default6, target, table: 1, source: own6).creation(index: 3),
      says:
        "6000000018000506e493016b000000000a0000000156000104000000140001000000000000000000000000000000000014000500fe80000000000000000000000000000114000700fd2700120000000000000000000000340800040003000000",
      but: first, not: ["1: 00000000000000000000000000000000"])
  }

  // ip route add default via 10.20.1.9 dev br-home protocol 86
  @Test func gateway() throws {
    try expect(
      Route(default4, .gateway(IPAddress("10.20.1.9")!, link: "br-home", isOnLink: false)).creation(index: 2),
      says: "2c00000018000506e593016b0000000002000000fe56000100000000080005000a1401090800040002000000", but: main)
  }

  // ip route add unreachable default table 1 metric 4294967295 protocol 86
  @Test func unreachable4() throws {
    try expect(
      Route(default4, .unreachable, table: 1, metric: Route.lastMetric).creation(index: nil),
      says: "2400000018000506e693016b0000000002000000015600070000000008000600ffffffff", but: first)
  }

  // ip -6 route add unreachable default table 1 metric 4294967295 protocol 86
  @Test func unreachable6() throws {
    try expect(
      Route(default6, .unreachable, table: 1, metric: Route.lastMetric).creation(index: nil),
      says: "3800000018000506e693016b000000000a0000000156000700000000140001000000000000000000000000000000000008000600ffffffff", but: first,
      not: ["1: 00000000000000000000000000000000"])
  }

  // ip route del unreachable default table 1 metric 4294967295 protocol 86: of any scope, ours of its own.
  @Test func deletion() throws {
    try expect(
      Route(default4, .unreachable, table: 1, metric: Route.lastMetric).deletion(index: nil),
      says: "2400000019000500e793016b00000000020000000156ff070000000008000600ffffffff",
      but: first.union(["header 020000000156000700000000"]), not: ["header 020000000156ff0700000000"])
  }
}

/// As with routes, the table is in an attribute of ours (FRA_TABLE, 15).
@Suite struct RuleBytesTests {
  // ip rule add priority 90 fwmark 10001/0xffffffff lookup main protocol 86, and with -6
  @Test func mark() throws {
    try expect(
      Rule(.v4, priority: 90, table: Tables.main, fwmark: 10001).creation,
      says: "3c00000020000506e793016b0000000002000000fe00000100000000080006005a00000008000a001127000008001000ffffffff0500150056000000",
      but: ["15: fe000000"])
    try expect(
      Rule(.v6, priority: 90, table: Tables.main, fwmark: 10001).creation,
      says: "3c00000020000506e893016b000000000a000000fe00000100000000080006005a00000008000a001127000008001000ffffffff0500150056000000",
      but: ["15: fe000000"])
  }

  // ip rule add priority 201 from 172.27.12.34 iif lo lookup 1 protocol 86
  @Test func identity4() throws {
    try expect(
      Rule(.v4, priority: 201, table: 1, source: own4, isLocallyGenerated: true).creation,
      says: "3c00000020000506e893016b0000000002002000010000010000000008000600c900000008000200ac1b0c22070003006c6f00000500150056000000",
      but: ["15: 01000000"])
  }

  // ip -6 rule add priority 201 from fd27:12::34 iif lo lookup 1000 protocol 86
  @Test func identity6() throws {
    try expect(
      Rule(.v6, priority: 201, table: 1000, source: own6, isLocallyGenerated: true).creation,
      says:
        "5000000020000506e993016b000000000a008000000000010000000008000600c900000014000200fd270012000000000000000000000034070003006c6f000008000f00e80300000500150056000000"
    )
  }

  // ip rule add priority 201 oif home lookup 1 protocol 86
  @Test func boundToLink() throws {
    try expect(
      Rule(.v4, priority: 201, table: 1, outputLink: "home").creation,
      says: "3800000020000506939d016b0000000002000000010000010000000008000600c900000009001100686f6d65000000000500150056000000",
      but: ["15: 01000000"])
  }

  // ip rule add to 10.9.0.0/16 priority 101 lookup main protocol 86
  @Test func destination4() throws {
    try expect(
      Rule(.v4, priority: 101, table: Tables.main, destination: Prefix("10.9.0.7/16")!).creation,
      says: "3400000020000506dcb9016b0000000002100000fe00000100000000080001000a09000008000600650000000500150056000000",
      but: ["15: fe000000"])
  }

  // ip -6 rule add to fd09::/64 priority 101 lookup main protocol 86
  @Test func destination6() throws {
    try expect(
      Rule(.v6, priority: 101, table: Tables.main, destination: Prefix("fd09::/64")!).creation,
      says:
        "4000000020000506dcb9016b000000000a400000fe0000010000000014000100fd09000000000000000000000000000008000600650000000500150056000000",
      but: ["15: fe000000"])
  }

  // ip rule add priority 301 to 0.0.0.0/0 lookup 1 protocol 86: an address of whose bits none counts.
  @Test func everywhere() throws {
    try expect(
      Rule(.v4, priority: 301, table: 1, destination: default4).creation,
      says: "3400000020000506dcb9016b00000000020000000100000100000000080006002d01000008000100000000000500150056000000",
      but: ["15: 01000000"], not: ["1: 00000000"])
  }

  // ip rule add not priority 301 fwmark 10001 lookup 1 protocol 86: the kernel takes all bits for the mask that ip does not say.
  @Test func inverted() throws {
    let rule = Rule(.v4, priority: 301, table: 1, fwmark: 10001, isInverted: true)
    let ours: Set<String> = ["15: 01000000", "16: ffffffff"]
    try expect(
      rule.creation, says: "3400000020000506dcb9016b00000000020000000100000102000000080006002d01000008000a00112700000500150056000000",
      but: ours)
    // ip rule del not priority 301 fwmark 10001 lookup 1 protocol 86: of any action, ours of a lookup.
    try expect(
      rule.deletion, says: "3400000021000500dcb9016b00000000020000000100000002000000080006002d01000008000a00112700000500150056000000",
      but: ours.union(["header 020000000100000102000000"]), not: ["header 020000000100000002000000"])
  }

  // ip rule add priority 100 ipproto udp dport 53 lookup 1 protocol 86, and with -6 and ipproto tcp
  @Test func service() throws {
    try expect(
      Rule(.v4, priority: 100, table: 1, service: .init(.udp, port: 53)).creation,
      says: "3c00000020000506dcb9016b000000000200000001000001000000000800060064000000050016001100000008001800350035000500150056000000",
      but: ["15: 01000000"])
    try expect(
      Rule(.v6, priority: 100, table: 1, service: .init(.tcp, port: 53)).creation,
      says: "3c00000020000506dcb9016b000000000a00000001000001000000000800060064000000050016000600000008001800350035000500150056000000",
      but: ["15: 01000000"])
  }

  // ip rule add priority 101 lookup main suppress_prefixlength 0 protocol 86, and with to 10.9.0.0/16 and suppress_prefixlength 16
  @Test func suppressed() throws {
    try expect(
      Rule(.v4, priority: 101, table: Tables.main, suppressedLength: 0).creation,
      says: "3400000020000506dcb9016b0000000002000000fe00000100000000080006006500000008000e00000000000500150056000000",
      but: ["15: fe000000"])
    try expect(
      Rule(.v4, priority: 101, table: Tables.main, destination: Prefix("10.9.0.0/16")!, suppressedLength: 16).creation,
      says: "3c00000020000506dcb9016b0000000002100000fe000001000000000800060065000000080001000a09000008000e00100000000500150056000000",
      but: ["15: fe000000"])
  }

  // ip rule del priority 201 from 172.27.12.34 iif lo lookup 1 protocol 86: of any action, ours of a lookup.
  @Test func deletion() throws {
    try expect(
      Rule(.v4, priority: 201, table: 1, source: own4, isLocallyGenerated: true).deletion,
      says: "3c00000021000500e993016b0000000002002000010000000000000008000600c900000008000200ac1b0c22070003006c6f00000500150056000000",
      but: ["15: 01000000", "header 020020000100000100000000"], not: ["header 020020000100000000000000"])
  }
}
