import Netlink
import Testing

@Suite struct PayloadTests {
  @Test("Each attribute is padded to four bytes, and its length says how many count", arguments: 0...9)
  func padding(count: Int) {
    var p = Payload()
    p.attribute(7, [UInt8](repeating: 0xaa, count: count))
    let padding = (4 - count % 4) % 4
    #expect(p.bytes == [UInt8(4 + count), 0, 7, 0] + [UInt8](repeating: 0xaa, count: count) + [UInt8](repeating: 0, count: padding))
  }

  @Test func numbers() {
    var p = Payload()
    p.attribute(1, UInt8(0x12))
    p.attribute(2, UInt16(0x1234))
    p.attribute(3, UInt32(0x1234_5678))
    p.attribute(4, Int32(-2).bigEndian)
    p.attribute(5, UInt64(1))
    #expect(
      p.bytes == [
        5, 0, 1, 0, 0x12, 0, 0, 0, 6, 0, 2, 0, 0x34, 0x12, 0, 0, 8, 0, 3, 0, 0x78, 0x56, 0x34, 0x12, 8, 0, 4, 0, 0xff, 0xff, 0xff, 0xfe, 12,
        0,
        5, 0, 1, 0, 0, 0, 0, 0, 0, 0,
      ])
  }

  @Test func textHasItsNUL() {
    var p = Payload()
    p.attribute(3, text: "wg0")
    p.attribute(3, text: "")
    p.attribute(3, text: "home")
    #expect(p.bytes == [8, 0, 3, 0, 0x77, 0x67, 0x30, 0, 5, 0, 3, 0, 0, 0, 0, 0, 9, 0, 3, 0, 0x68, 0x6f, 0x6d, 0x65, 0, 0, 0, 0])
  }

  /// NLA_F_NESTED is the type's highest bit.
  @Test func nesting() {
    var p = Payload()
    p.nested(1) { outer in
      outer.nested(2) { $0.attribute(3, UInt8(9)) }
      outer.nested(4) { _ in }
    }
    p.attribute(5, UInt8(1))
    #expect(p.bytes == [20, 0, 1, 0x80, 12, 0, 2, 0x80, 5, 0, 3, 0, 9, 0, 0, 0, 4, 0, 4, 0x80, 5, 0, 5, 0, 1, 0, 0, 0])
  }

  @Test("The length of what is nested takes two bytes", arguments: [1, 31, 32, 63, 64, 8000])
  func longNesting(count: Int) {
    var p = Payload()
    p.nested(1) { for i in 0..<count { $0.attribute(2, UInt32(i)) } }
    #expect(p.bytes.count == 4 + 8 * count)
    #expect(Int(p.bytes[0]) | Int(p.bytes[1]) << 8 == p.bytes.count)
  }

  @Test("A family header is padded as well") func header() {
    var p = Payload(UInt8(2))
    #expect(p.bytes == [2, 0, 0, 0])
    p.append(UInt16(0x0102))
    #expect(p.bytes == [2, 0, 0, 0, 2, 1, 0, 0])
  }

  @Test("What is written is read back") func roundTrip() {
    var p = Payload()
    p.attribute(1, text: "eth0")
    p.nested(2) { nest in
      nest.attribute(3, UInt16(443))
      nest.attribute(3, UInt64.max)
    }
    let read = Array(Attributes(p.bytes[...]))
    #expect(read.map(\.type) == [1, 2])
    #expect(read[0].text == "eth0")
    #expect(read[1].nested.map(\.type) == [3, 3])
    #expect(read[1].nested.compactMap(\.uint16) == [443, .max])
    #expect(read[1].nested.map(\.uint64) == [nil, .max])
  }
}
