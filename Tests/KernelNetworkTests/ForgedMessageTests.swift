import Netlink
import NetworkModel
import Testing

@testable import KernelNetwork

/// What `make fuzz` found: messages that no kernel sends.
@Suite struct ForgedMessageTests {
  private func message(_ type: UInt8, _ body: [UInt8]) throws -> Message {
    try Message.split(([UInt8(16 + body.count), 0, 0, 0, type] + [UInt8](repeating: 0, count: 11) + body)[...])[0]
  }

  /// RTA_DST and FRA_DST: 192.0.2.0.
  private let destination: [UInt8] = [8, 0, 1, 0, 192, 0, 2, 0]

  @Test("An IPv4 destination in an IPv6 message, longer than IPv4 has it") func wrongFamily() throws {
    let header: [UInt8] = [10, 128, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0]
    let route = RouteState(try message(24, header + destination), table: 254)
    #expect(route?.destination == Prefix("192.0.2.0/32")!)
    let rule = RuleState(try message(32, header + destination))
    #expect(rule?.rule.destination == Prefix("192.0.2.0/32")!)
  }
}
