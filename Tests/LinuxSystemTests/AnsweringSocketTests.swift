import LinuxSystem
import Testing

@Suite struct AnsweringSocketTests {
  private let own: [UInt8] = [127, 0, 0, 1]

  @Test("What is asked is answered to who asks, from the address that was bound") func roundTrip() throws {
    let port: UInt16 = 20000 + (try randomNumber()) % 10000
    let server = try AnsweringSocket(address: own, port: port)
    let client = try DatagramSocket(to: own, port: port, from: [127, 0, 0, 2])
    #expect(server.receive() == nil && readable([-1, server.raw], milliseconds: 0) == nil)
    try client.send([1, 2, 3])
    #expect(readable([-1, server.raw], milliseconds: 2000) == server.raw)
    let asked = try #require(server.receive())
    #expect(asked.bytes == [1, 2, 3] && Array(asked.sender[4..<8]) == [127, 0, 0, 2])
    server.answer([4], to: asked.sender)
    #expect(client.receive(milliseconds: 2000) == [4])
  }

  @Test("A variable is replaced, and others that begin so stay") func variables() {
    let block = Array("A=1\0VPNRUN_PORT=2\0VPNRUN_PORTS=3\0VPNRUN_PORT=4\0".utf8)
    #expect(block.setting("VPNRUN_PORT", to: Array("5".utf8)) == Array("A=1\0VPNRUN_PORTS=3\0VPNRUN_PORT=5\0".utf8))
    #expect([UInt8]().setting("X", to: []) == Array("X=\0".utf8))
  }

  @Test func whatIsLeftOfATime() {
    #expect(Deadline(milliseconds: -5).remaining == 0)
    #expect((1...5000).contains(Deadline(milliseconds: 5000).remaining))
  }
}
