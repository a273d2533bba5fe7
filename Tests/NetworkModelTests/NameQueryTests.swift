import NetworkModel
import TestSupport
import Testing

private let query = NameQuery(id: 0x1234, name: Array("vpn.example".utf8), family: .v4)
private let query6 = NameQuery(id: 0x1234, name: Array("vpn.example".utf8), family: .v6)

/// \3vpn\7example\0
private let name: [UInt8] = [3, 0x76, 0x70, 0x6e, 7, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0]

/// - Parameter flags: of the header; 0x8180 is an ordinary answer.
private func answer(_ records: [[UInt8]], to query: NameQuery = query, flags: UInt16 = 0x8180, count: Int? = nil) -> [UInt8] {
  let type: UInt8 = query.family == .v4 ? 1 : 28
  return [0x12, 0x34, UInt8(flags >> 8), UInt8(flags & 0xff), 0, 1, 0, UInt8(count ?? records.count), 0, 0, 0, 0] + name + [0, type, 0, 1]
    + records.flatMap { $0 }
}

/// By a pointer to the question's name, living for a minute.
private func record(_ type: UInt8, _ data: [UInt8], of name: [UInt8] = [0xc0, 12]) -> [UInt8] {
  name + [0, type, 0, 1, 0, 0, 0, 60, 0, UInt8(data.count)] + data
}

@Suite struct NameQueryTests {
  @Test func question() {
    #expect(query.bytes == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name + [0, 1, 0, 1])
    #expect(query6.bytes == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name + [0, 28, 0, 1])
    #expect(NameQuery(id: 0x1234, name: Array("vpn.example.".utf8), family: .v4).bytes == query.bytes)
  }

  @Test("Addresses in order, aliases passed over") func addresses() {
    let cname = record(5, [1, 0x61, 0xc0, 16])
    let found = query.addresses(in: answer([cname, record(1, [203, 0, 113, 2], of: [1, 0x61, 0xc0, 16]), record(1, [203, 0, 113, 3])]))
    #expect(found == [IPAddress("203.0.113.2")!, IPAddress("203.0.113.3")!])
    let six = query6.addresses(in: answer([record(28, IPAddress("2001:db8::2")!.bytes)], to: query6))
    #expect(six == [IPAddress("2001:db8::2")!])
    // A name in full.
    #expect(query.addresses(in: answer([record(1, [203, 0, 113, 2], of: name)])) == [IPAddress("203.0.113.2")!])
  }

  @Test("No such name, and a name without addresses") func none() {
    #expect(query.addresses(in: answer([], flags: 0x8183)) == [])
    #expect(query.addresses(in: answer([])) == [])
    #expect(query.addresses(in: answer([record(28, [UInt8](repeating: 1, count: 16))])) == [])
    #expect(query.addresses(in: answer([record(1, [1, 2, 3])])) == [])
  }

  @Test("Case does not count in a name") func spelling() {
    var shouted = answer([record(1, [203, 0, 113, 2])])
    for i in 12..<(12 + name.count) where shouted[i] > 0x60 { shouted[i] -= 0x20 }
    #expect(query.addresses(in: shouted) == [IPAddress("203.0.113.2")!])
  }

  @Test("What is no answer to this question says nothing") func foreign() {
    let good = answer([record(1, [203, 0, 113, 2])])
    for (at, value) in [(0, 0x13), (1, 0x35), (2, 0x01), (2, 0x91), (4, 1), (5, 0), (5, 2), (13, 0x77), (26, 28), (28, 3)] as [(Int, UInt8)]
    {
      var other = good
      other[at] = value
      #expect(query.addresses(in: other) == nil, "byte \(at) is \(value)")
    }
    // The server has failed, or refuses.
    for code in [1, 2, 4, 5, 15] as [UInt16] { #expect(query.addresses(in: answer([], flags: 0x8180 | code)) == nil) }
    #expect(query6.addresses(in: good) == nil)
    for length in 0..<29 { #expect(query.addresses(in: Array(good.prefix(length))) == nil) }
  }

  @Test("What is cut off counts as far as it goes") func truncated() {
    let good = answer([record(1, [203, 0, 113, 2]), record(1, [203, 0, 113, 3])])
    for length in 29...good.count {
      let found = query.addresses(in: Array(good.prefix(length)))
      #expect(found?.count == (length == good.count ? 2 : length >= 45 ? 1 : 0))
    }
    #expect(query.addresses(in: answer([record(1, [203, 0, 113, 2])], count: 255))?.count == 1)
  }

  @Test("Nothing that comes can do harm", arguments: 1...20 as ClosedRange<UInt64>)
  func mutated(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let good = answer([record(5, [1, 0x61, 0xc0, 16]), record(1, [203, 0, 113, 2], of: name)])
    for _ in 0..<200 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      bytes.removeLast(Int.random(in: 0...8, using: &random))
      let found = query.addresses(in: bytes) ?? []
      #expect(found.count <= 2)
      #expect(found.allSatisfy { $0.family == .v4 })
    }
  }
}
