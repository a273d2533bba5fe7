import NetworkModel
import NetworkPlan
import Testing

@Suite("The name servers of a program outside") struct ResolversOutsideTests {
  private func outside(_ text: String) -> String? {
    let servers = ["172.27.12.1", "fd27:12::1"].compactMap { IPAddress($0) }
    return CommandResolvers.outside(Array(text.utf8), besides: servers).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func whatIsLeft() {
    #expect(outside("# of DHCP\nnameserver 192.0.2.1\nsearch lan\n") == "# of DHCP\nnameserver 192.0.2.1\nsearch lan\n")
    #expect(outside("nameserver 127.0.0.53\nnameserver\tfd27:12:0::1\nnameserver 192.0.2.1") == "nameserver 192.0.2.1\n")
    #expect(outside("options edns0\nnameserver fe80::1%eth0\n") == "options edns0\nnameserver fe80::1%eth0\n")
  }

  @Test(arguments: [
    "", "search lan\n", "nameserver 127.0.0.1\n", "nameserver ::1\nnameserver 172.27.12.1\n", "nameserver 0.0.0.0\nnameserver ::\n",
    "#nameserver 192.0.2.1\n",
  ])
  func noServer(text: String) { #expect(outside(text) == nil) }
}
