import Netlink
import TestSupport
import Testing

/// Reads everything there is, at all depths, in all ways.
@discardableResult
func readAll(_ attributes: Attributes, depth: Int = 0) -> Int {
  var count = 0
  for a in attributes {
    count += 1
    _ = (a.uint8, a.uint16, a.uint32, a.uint64, a.text)
    if depth < 64 { count += readAll(a.nested, depth: depth + 1) }
  }
  return count
}

private func types(_ bytes: [UInt8]) -> [UInt16] { Attributes(bytes[...]).map(\.type) }

@Suite struct AttributesTests {
  @Test(
    "A length that cannot be ends the sequence",
    arguments: [
      ([], []), ([0], []), ([4, 0, 1], []), ([0, 0, 1, 0], []), ([3, 0, 1, 0], []), ([5, 0, 1, 0], []),
      ([0xff, 0xff, 1, 0, 0, 0, 0, 0], []),
      ([4, 0, 1, 0], [1]), ([4, 0, 1, 0, 0, 0, 2, 0], [1]), ([4, 0, 1, 0, 3, 0, 2, 0, 4, 0, 3, 0], [1]),
      ([4, 0, 1, 0, 9, 0, 2, 0, 4, 0, 3, 0], [1]), ([4, 0, 1, 0, 8, 0, 2, 0, 4, 0, 3, 0], [1, 2]), ([5, 0, 1, 0, 9, 4, 0, 2, 0], [1]),
    ] as [([UInt8], [UInt16])])
  func impossible(bytes: [UInt8], expected: [UInt16]) { #expect(types(bytes) == expected) }

  @Test("The last one may lack its padding") func unpadded() {
    let read = Array(Attributes([8, 0, 1, 0, 1, 0, 0, 0, 5, 0, 2, 0, 7][...]))
    #expect(read.map(\.type) == [1, 2])
    #expect(read.last?.uint8 == 7)
  }

  @Test("Flags are no part of the type") func flags() {
    #expect(types([4, 0, 1, 0x80, 4, 0, 2, 0x40, 4, 0, 0xff, 0xff]) == [1, 2, 0x3fff])
  }

  @Test("A number needs all its bytes") func short() throws {
    let three = try #require(Attributes([7, 0, 1, 0, 1, 2, 3, 0][...]).first { _ in true })
    #expect(three.uint8 == 1)
    #expect(three.uint16 == 0x0201)
    #expect(three.uint32 == nil)
    #expect(three.uint64 == nil)
    let none = try #require(Attributes([4, 0, 1, 0][...]).first { _ in true })
    #expect(none.uint8 == nil)
    #expect(none.text.isEmpty)
    #expect(Array(none.nested).isEmpty)
  }

  @Test("Text ends at its NUL, or at its end; what is not UTF-8 is replaced") func text() {
    func text(_ bytes: [UInt8]) -> String? {
      Attributes(([UInt8(4 + bytes.count), 0, 1, 0] + bytes)[...]).first { _ in true }?.text
    }
    #expect(text([0x77, 0x67, 0x30, 0, 0x78]) == "wg0")
    #expect(text([0x77, 0x67, 0x30]) == "wg0")
    #expect(text([0]) == "")
    #expect(text([0xff, 0x61, 0]) == "\u{fffd}a")
  }

  @Test("Garbage that is nested is read no further than its parent") func nestedGarbage() throws {
    let outer = try #require(Attributes([12, 0, 1, 0x80, 0xf0, 0, 2, 0, 4, 0, 3, 0, 4, 0, 4, 0][...]).first { _ in true })
    #expect(Array(outer.nested).isEmpty)
    #expect(types([12, 0, 1, 0x80, 0xf0, 0, 2, 0, 4, 0, 3, 0, 4, 0, 4, 0]) == [1, 4])
  }

  @Test("A slice is read from where it begins") func slice() {
    let bytes: [UInt8] = [9, 9, 9, 5, 0, 1, 0, 42, 9]
    #expect(Attributes(bytes[3..<8]).map(\.uint8) == [42])
  }

  @Test("50,000 buffers of random bytes: each is read to an end") func random() {
    var generator = SeededGenerator(seed: 7)
    var found = 0
    for _ in 0..<50_000 {
      let count = Int.random(in: 0...96, using: &generator)
      // Small numbers more often, so that some lengths are possible.
      let bytes = (0..<count).map { _ in
        generator.next() & 3 == 0 ? UInt8.random(in: 0...255, using: &generator) : UInt8.random(in: 0...12, using: &generator)
      }
      let read = readAll(Attributes(bytes[...]))
      // An attribute has four bytes at least, and at one place no more than one of each depth.
      if read > count { Issue.record("\(read) attributes in \(bytes)") }
      found += read
      _ = try? Message.split(bytes[...])
    }
    #expect(found > 1000)
  }
}
