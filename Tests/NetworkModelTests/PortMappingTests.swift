import NetworkModel
import Testing

/// RFC 6886 §3.2 to §3.5, and what natpmpc and miniupnpd send.
@Suite struct PortMappingTests {
  private let map = PortMapping.Request.map(.tcp, inside: 6881, outside: 40000, seconds: 3600)

  @Test func requests() {
    #expect(PortMapping.Request.address.bytes == [0, 0])
    #expect(map.bytes == [0, 2, 0, 0, 0x1a, 0xe1, 0x9c, 0x40, 0, 0, 0x0e, 0x10])
    #expect(PortMapping.Request.map(.udp, inside: 1, outside: 0, seconds: 0).bytes == [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    for request in [PortMapping.Request.address, map] { #expect(PortMapping.Request(request.bytes) == request) }
  }

  @Test(
    "Neither cut, nor of PCP, nor of another opcode",
    arguments: [[], [0], [2, 1, 0, 0], [0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]] as [[UInt8]])
  func noRequests(_ bytes: [UInt8]) { #expect(PortMapping.Request(bytes) == nil) }

  @Test func answers() {
    let given: [UInt8] = [0, 130, 0, 0, 0, 0, 0, 9, 0x1a, 0xe1, 0x9c, 0xa4, 0, 0, 0, 60]
    #expect(map.answer(in: given) == .mapped(outside: 40100, seconds: 60))
    #expect(map.message(.mapped(outside: 40100, seconds: 60), epoch: 9) == given)
    #expect(map.answer(in: [0, 130, 0, 2, 0, 0, 0, 9]) == .refused(2))
    #expect(map.answer(in: map.message(.refused(4), epoch: 1)) == .refused(4))
    let address: [UInt8] = [0, 128, 0, 0, 0, 0, 0, 9, 203, 0, 113, 7]
    #expect(PortMapping.Request.address.answer(in: address) == .address(IPv4Address(203, 0, 113, 7)))
    #expect(PortMapping.Request.address.message(.address(IPv4Address(203, 0, 113, 7)), epoch: 9) == address)
  }

  @Test(
    "Not to this question",
    arguments: [
      [0, 129, 0, 0, 0, 0, 0, 9, 0x1a, 0xe1, 0x9c, 0xa4, 0, 0, 0, 60], [0, 130, 0, 0, 0, 0, 0, 9, 0x1a, 0xe2, 0x9c, 0xa4, 0, 0, 0, 60],
      [2, 130, 0, 0, 0, 0, 0, 9, 0x1a, 0xe1, 0x9c, 0xa4, 0, 0, 0, 60], [0, 130, 0, 0, 0, 0, 0, 9], [0, 2, 0, 0], [],
    ] as [[UInt8]])
  func others(_ bytes: [UInt8]) { #expect(map.answer(in: bytes) == nil) }

  @Test("PCP is told the version, so that its clients ask by NAT-PMP (RFC 6887, appendix A)") func otherVersions() {
    #expect(PortMapping.Request.refusal(of: [2, 1, 0, 0], epoch: 3) == [0, 129, 0, 1, 0, 0, 0, 3])
    #expect(PortMapping.Request.refusal(of: [0, 7], epoch: 3) == [0, 135, 0, 5, 0, 0, 0, 3])
  }

  @Test func forwardedPorts() throws {
    let port = try #require(ForwardedPort("40123:6881:51413".utf8))
    #expect(port == ForwardedPort(outside: 40123, inside: 6881, target: 51413) && port.description == "40123:6881:51413")
    #expect(TransportPort.text(port.taken) == "tcp/40123,udp/40123,tcp/6881,udp/6881")
    #expect(TransportPort.text(ForwardedPort(outside: 7, inside: 0, target: 7).taken) == "tcp/7,udp/7")
    #expect(TransportPort.text(ForwardedPort(outside: 7, inside: 7, target: 8).taken) == "tcp/7,udp/7")
    for text in ["", "1:2", "0:1:1", "1:1:0", "1:2:3:4", "65536:1:1", "a:1:1"] { #expect(ForwardedPort(text.utf8) == nil) }
  }
}
