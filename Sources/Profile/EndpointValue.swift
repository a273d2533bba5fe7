internal import NetworkModel

extension ProfileValue {
  /// `HOST:PORT`, `[HOST]:PORT`, `[ADDRESS%ZONE]:PORT`. wg(8) splits at the last colon whatever is before it; an IPv6 address
  /// without brackets is refused here, since its last group may have been meant as such.
  static func endpoint(_ text: Text) throws(Refusal) -> PeerEndpoint {
    let colon = UInt8(ascii: ":")
    try refuseOtherNotations(text)
    let host: Text
    let port: Text
    if text.first == UInt8(ascii: "[") {
      guard let end = text.firstIndex(of: UInt8(ascii: "]")), text[(end + 1)...].first == colon else {
        throw Refusal("not a bracketed address with a port; write it like [2001:db8::1]:51820")
      }
      host = text[(text.startIndex + 1)..<end]
      port = text[(end + 2)...]
    } else {
      guard let last = text.lastIndex(of: colon) else { throw Refusal("the port is missing; write it like vpn.example.net:51820") }
      host = text[..<last]
      port = text[(last + 1)...]
      if host.contains(colon), port.matches("udp") || port.matches("tcp") {
        throw Refusal("a protocol behind the port; WireGuard has only UDP: write the host and the port, like vpn.example.net:51820")
      }
      guard !host.contains(colon) else { throw Refusal("an IPv6 address needs brackets; write it like [2001:db8::1]:51820") }
    }
    let number: UInt16
    do { number = try ProfileValue.number(port, in: 1...UInt16.max) } catch { throw Refusal("the port is \(error.sentence)") }
    return try endpoint(host: host, port: number)
  }

  /// What other programs' files have there. (wg(8) would look up all of it as a host's name.)
  private static func refuseOtherNotations(_ text: Text) throws(Refusal) {
    // A link's name may have nearly any character.
    let open = text.lastIndex(of: UInt8(ascii: "]")).map { text[$0...] } ?? text
    if open.contains(UInt8(ascii: ",")) || open.contains(UInt8(ascii: ";")) {
      throw Refusal("more than one server, and a peer has one Endpoint; write one of them")
    }
    if let slash = text.firstIndex(of: UInt8(ascii: "/")), text[slash...].starts(with: "//".utf8) {
      throw Refusal("a URL; write the host and the port without the scheme, like vpn.example.net:51820")
    }
  }

  private static func endpoint(host: Text, port: UInt16) throws(Refusal) -> PeerEndpoint {
    guard !host.isEmpty else { throw Refusal("the host is missing; write it like vpn.example.net:51820") }
    let parts = host.split(separator: UInt8(ascii: "%"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(parts[0]) else {
      if let name = DomainName(host) { return .name(name, port: port) }
      if host.contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "%") }) {
        throw Refusal("not an IPv6 address; write it like [2001:db8::1]:51820")
      }
      if host.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }) { throw Refusal("not an IPv4 address; write it like 192.0.2.1:51820") }
      throw Refusal("not a host's name; \(DomainName.rule)")
    }
    if let plain = address.mappedIPv4 {
      throw Refusal("an IPv4 address written as IPv6, to which no packet gets; write \(plain):\(port)")
    }
    guard !address.isUnspecified, !address.isMulticast else { throw Refusal("not an address of one machine; write the peer's") }
    let needsZone = address.family == .v6 && address.isLinkLocal
    guard needsZone == (parts.count == 2) else {
      throw Refusal(
        needsZone ? "a link-local address needs its link; write it like [fe80::1%eth0]:51820" : "only a link-local IPv6 address has a %link"
      )
    }
    guard needsZone else { return .address(Endpoint(address: address, port: port), zone: nil) }
    // dev_valid_name() in the kernel; a link's number passes too.
    let isLink =
      (1...15).contains(parts[1].count)
      && parts[1].allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
    guard isLink else { throw Refusal("after % stands no link's name, which has 1 to 15 characters; write it like [fe80::1%eth0]:51820") }
    return .address(Endpoint(address: address, port: port), zone: ByteString(parts[1]))
  }
}

extension IPAddress {
  /// Of ::ffff:192.0.2.1 (RFC 4291, 2.5.5.2), which stands for an IPv4 address in programs and on no wire.
  fileprivate var mappedIPv4: IPAddress? {
    guard case .v6(let address) = self, address.high == 0, address.low >> 32 == 0xffff else { return nil }
    return .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: address.low)))
  }
}
