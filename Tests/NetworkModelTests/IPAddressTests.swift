import Glibc
import NetworkModel
import TestSupport
import Testing

@Suite struct IPAddressTests {
  @Test(
    "An IPv6 address is written as RFC 5952 has it",
    arguments: [
      ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("0:0:0:0:0:0:0:0", "::"), ("2001:DB8::AbC", "2001:db8::abc"),
      ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
      // §4.2.2: one zero group is not shortened.
      ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
      ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
      ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
      // §4.2.3: the longest run, the first of equals.
      ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:0:2:0:0:3:0", "1::2:0:0:3:0"),
      ("1:0:0:0:0:0:0:0", "1::"), ("fe80:0:0:0:0:0:0:1", "fe80::1"),
      // §5.
      ("::ffff:1.2.3.4", "::ffff:1.2.3.4"), ("::ffff:0:0", "::ffff:0.0.0.0"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
      ("1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"), ("0::ffff:102:304", "::ffff:1.2.3.4"),
    ])
  func writesIPv6(text: String, expected: String) throws {
    let address = try #require(IPAddress(text))
    #expect(address.family == .v6)
    #expect(address.description == expected)
    #expect(IPAddress(expected) == address)
  }

  @Test("IPv4 addresses are read and written", arguments: ["0.0.0.0", "255.255.255.255", "10.20.1.254", "127.0.0.1", "1.0.0.100"])
  func writesIPv4(text: String) throws {
    let address = try #require(IPAddress(text))
    #expect(address.family == .v4)
    #expect(address.description == text)
  }

  @Test(
    "What inet_pton(3) refuses is refused",
    arguments: [
      "", " ", ".", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "1.2.3.999", "01.2.3.4", "1.2.3.04", "1.2.3.0x4",
      "+1.2.3.4", "-1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/8", "1.2.3.4\n", "１.2.3.4",
      ":", ":::", "1:", ":1", "1::2::3", "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::",
      "g::",
      "::1.2.3", "::1.2.3.4.5", "::1.2.3.4:5", "1.2.3.4::", "::1.2.3.256", "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%lo", "[::1]", "::1 ", "0x1::",
      "1:2:3:4:5:6:7:", ":2:3:4:5:6:7:8", "::ffff:01.2.3.4", "٣::",
    ])
  func refuses(text: String) {
    #expect(IPAddress(text) == nil)
    #expect(Oracle.bytes(of: text) == nil)
  }

  @Test("inet_ntop(3) and inet_pton(3) say the same of 5,000 random addresses")
  func agreesWithLibrary() throws {
    var random = SeededGenerator(seed: 1)
    for i in 0..<5000 {
      let isIPv4 = i % 4 == 0
      // Zero groups, short groups and runs are rare among plain random numbers.
      let groups = (0..<8).map { _ in
        [0, 0, UInt16.random(in: 0...15, using: &random), .random(in: 0...(.max), using: &random)].randomElement(using: &random)!
      }
      let bytes = groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }.prefix(isIPv4 ? 4 : 16)
      let address = try #require(IPAddress(bytes: bytes))
      #expect(address.bytes == Array(bytes))
      let text = Oracle.text(of: address.bytes)
      // glibc writes ::1.2.3.4, too, of the deprecated compatible addresses.
      if isIPv4 || bytes.prefix(12).contains(where: { $0 != 0 }) { #expect(address.description == text) }
      #expect(IPAddress(text) == address)
      #expect(Oracle.bytes(of: address.description) == address.bytes)
    }
  }

  @Test("inet_pton(3) says the same of 5,000 damaged addresses")
  func agreesWithLibraryOnDamage() {
    var random = SeededGenerator(seed: 2)
    let alphabet = Array("0123456789abcdefF:.x%/ ".utf8)
    let seeds = ["10.20.1.254", "2001:db8::1", "::ffff:1.2.3.4", "fd76:706e:1:0:2:0:0:fe", "::", "1:2:3:4:5:6:7:8"]
    for _ in 0..<5000 {
      var text = Array(seeds.randomElement(using: &random)!.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0..<text.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: text[at] = alphabet.randomElement(using: &random)!
        case 1: text.insert(alphabet.randomElement(using: &random)!, at: at)
        default: if text.count > 1 { text.remove(at: at) }
        }
      }
      let string = String(decoding: text, as: UTF8.self)
      #expect(IPAddress(text)?.bytes == Oracle.bytes(of: string), "\(string)")
    }
  }

  @Test("Only 4 or 16 bytes are an address", arguments: [0, 3, 5, 15, 17]) func refusesOtherLengths(count: Int) {
    #expect(IPAddress(bytes: [UInt8](repeating: 1, count: count)) == nil)
  }

  @Test(
    "What kind of address it is",
    arguments: [
      ("0.0.0.0", "unspecified"), ("0.1.2.3", ""), ("127.0.0.1", "loopback"), ("127.255.0.1", "loopback"), ("126.255.255.255", "unicast"),
      ("128.0.0.0", "unicast"), ("169.254.76.1", "unicast linklocal"), ("169.253.0.1", "unicast"), ("223.255.255.255", "unicast"),
      ("224.0.0.1", "multicast"), ("239.255.255.255", "multicast"), ("240.0.0.1", ""), ("255.255.255.255", ""), ("10.0.0.1", "unicast"),
      ("::", "unspecified"), ("::1", "loopback"), ("::2", "unicast"), ("fe80::1", "unicast linklocal"), ("febf::1", "unicast linklocal"),
      ("fec0::1", "unicast"), ("fd27:12::34", "unicast"), ("ff02::1", "multicast"), ("ff00::", "multicast"), ("2001:db8::1", "unicast"),
    ])
  func classifies(text: String, expected: String) throws {
    let a = try #require(IPAddress(text))
    let found = [
      a.isUnspecified ? "unspecified" : nil, a.isLoopback ? "loopback" : nil, a.isUnicast ? "unicast" : nil,
      a.isMulticast ? "multicast" : nil,
      a.isLinkLocal ? "linklocal" : nil,
    ].compactMap { $0 }
    #expect(found.joined(separator: " ") == expected)
  }

  @Test("Masking clears exactly the last bits", arguments: IPFamily.allCases) func masks(family: IPFamily) throws {
    var random = SeededGenerator(seed: 3)
    for length in 0...family.width {
      let bytes = (0..<family.width / 8).map { _ in UInt8.random(in: 0...255, using: &random) }
      let expected = bytes.enumerated().map { i, byte in
        let kept = min(max(Int(length) - i * 8, 0), 8)
        return byte & UInt8(truncatingIfNeeded: 0xff << (8 - kept))
      }
      #expect(try #require(IPAddress(bytes: bytes)).masked(to: length).bytes == expected)
    }
  }

  @Test func advances() {
    #expect(IPAddress("10.20.1.0")?.advanced(by: 254).description == "10.20.1.254")
    #expect(IPAddress("10.20.1.255")?.advanced(by: 1).description == "10.20.2.0")
    #expect(IPAddress("fd76:706e:1::")?.advanced(by: 0xfe).description == "fd76:706e:1::fe")
  }

  @Test func ordersAsNumbers() throws {
    #expect(IPv4Address(9, 255, 255, 255) < IPv4Address(10, 0, 0, 0))
    let a = try #require(IPv6Address("1::ffff".utf8))
    let b = try #require(IPv6Address("2::".utf8))
    #expect(a < b && !(b < a) && !(a < a))
  }
}

@Suite struct NumberTests {
  @Test("Digits only, and no more than fits", arguments: ["", "-1", "+1", " 1", "1 ", "0x1", "256", "1_0", "a", "１"])
  func refusesDecimal(text: String) { #expect(UInt8(decimal: text.utf8) == nil) }

  @Test(arguments: ["", "g", "0x1", "100", "-1"]) func refusesHexadecimal(text: String) { #expect(UInt8(hexadecimal: text.utf8) == nil) }

  @Test("Every 16-bit number is read in both notations") func reads() {
    for n in 0...UInt16.max {
      #expect(UInt16(decimal: String(n).utf8) == n)
      #expect(UInt16(hexadecimal: String(n, radix: 16).utf8) == n)
    }
    #expect(UInt16(decimal: "0065535".utf8) == 65535)
    #expect(UInt16(hexadecimal: "FfFf".utf8) == 65535)
    #expect(UInt16(decimal: "65536".utf8) == nil)
    #expect(UInt64(decimal: "18446744073709551615".utf8) == .max)
    #expect(UInt64(decimal: "18446744073709551616".utf8) == nil)
    #expect(Int8(decimal: "127".utf8) == 127)
    #expect(Int8(decimal: "128".utf8) == nil)
  }
}

/// The C library's opinion.
private enum Oracle {
  static func text(of bytes: [UInt8]) -> String {
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    unsafe inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &buffer, socklen_t(buffer.count))
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func bytes(of text: String) -> [UInt8]? {
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: count)
      if unsafe inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return nil
  }
}
