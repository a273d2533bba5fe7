import Foundation
import Testing

@testable import LinuxSystem

@Suite struct SysctlTests {
  @Test("A number, or none where there is no such file or no number in it") func numbers() throws {
    let text = try String(contentsOfFile: "/proc/sys/net/ipv4/ip_default_ttl", encoding: .utf8)
    #expect(Sysctl.number("net/ipv4/ip_default_ttl") == UInt32(text.prefix { $0 != "\n" }))
    #expect(Sysctl.number("net/ipv4/ip_default_ttl") != nil)
    #expect(Sysctl.number("net/ipv4/nobody_has_this") == nil)
    #expect(Sysctl.number("net/ipv4") == nil)
    // Two numbers, and words.
    #expect(Sysctl.number("net/ipv4/ip_local_port_range") == nil)
    #expect(Sysctl.number("net/ipv4/tcp_congestion_control") == nil)
  }
}
