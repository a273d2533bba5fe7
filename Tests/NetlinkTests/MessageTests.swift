import CLinux
import LinuxSystem
import Testing

@testable import Netlink

/// A header of netlink(7) and a body, padded.
private func message(length: UInt32? = nil, type: UInt16 = 16, flags: UInt16 = 0, sequence: UInt32 = 1, _ body: [UInt8] = []) -> [UInt8] {
  var p = Payload()
  p.append(length ?? UInt32(16 + body.count))
  p.append(UInt32(flags) << 16 | UInt32(type))
  p.append(sequence)
  p.append(UInt32(0))
  return p.bytes + body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
}

private func number(_ value: Int32) -> [UInt8] {
  var p = Payload()
  p.append(value)
  return p.bytes
}

@Suite struct MessageTests {
  @Test func split() throws {
    let datagram =
      message(type: 16, flags: 2, sequence: 7, [1, 2, 3]) + message(type: 3, sequence: 8) + message(type: 17, sequence: 9, [4])
    let messages = try Message.split(datagram[...])
    #expect(messages.map(\.type) == [16, 3, 17])
    #expect(messages.map(\.flags) == [2, 0, 0])
    #expect(messages.map(\.sequence) == [7, 8, 9])
    #expect(messages.map { Array($0.body) } == [[1, 2, 3], [], [4]])
  }

  @Test("The last one may lack its padding; less than a header is nothing") func ends() throws {
    #expect(try Message.split(message([1])[..<17]).map { Array($0.body) } == [[1]])
    #expect(try Message.split([]).isEmpty)
    for count in 1..<16 { #expect(try Message.split(message()[..<count]).isEmpty) }
    #expect(try Message.split((message() + [0, 0, 0])[...]).count == 1)
  }

  @Test("A length outside the datagram", arguments: [0, 1, 15, 17, 21, 1 << 16, .max] as [UInt32])
  func outside(length: UInt32) {
    for datagram in [message(length: length), message() + message(length: length)] {
      let error = #expect(throws: SystemError.self) { try Message.split(datagram[...]) }
      #expect(error?.errno == EBADMSG)
    }
  }

  @Test func truncated() {
    let whole = message([1, 2, 3, 4, 5, 6, 7, 8])
    for count in 16..<whole.count {
      let error = #expect(throws: SystemError.self) { try Message.split(whole[..<count]) }
      #expect(error?.errno == EBADMSG)
    }
  }

  @Test("A family header that is not there") func header() throws {
    let short = try Message.split(message([1, 0, 0])[...])[0]
    #expect(short.header(UInt32.self) == nil)
    #expect(short.header(UInt16.self) == 1)
    #expect(Array(short.attributes(after: ifinfomsg.self)).isEmpty)
    let link = try Message.split(message([UInt8](repeating: 0, count: 16) + [5, 0, 3, 0, 9])[...])[0]
    #expect(link.attributes(after: ifinfomsg.self).map(\.uint8) == [9])
  }
}

@Suite struct AcknowledgementTests {
  /// NLMSG_ERROR (2): the code, the request's header, and attributes: NLMSGERR_ATTR_MSG (1), _OFFS (2).
  private func acknowledgement(_ code: Int32, _ attributes: [UInt8] = []) throws -> (errno: Int32, kernelSays: String?)? {
    try Message.split(message(type: 2, number(code) + message() + attributes)[...])[0].acknowledgement
  }

  private let sentence: [UInt8] = {
    var p = Payload()
    p.attribute(2, UInt32(24))
    p.attribute(1, text: "Invalid MTU")
    return p.bytes
  }()

  @Test func success() throws {
    let plain = try #require(try acknowledgement(0))
    #expect(plain == (0, nil))
    // A warning beside success is nobody's error.
    let warned = try #require(try acknowledgement(0, sentence))
    #expect(warned == (0, nil))
  }

  @Test func refusal() throws {
    let plain = try #require(try acknowledgement(-EPERM))
    #expect(plain == (EPERM, nil))
    let explained = try #require(try acknowledgement(-EINVAL, sentence))
    #expect(explained == (EINVAL, "Invalid MTU"))
    let cut = try #require(try acknowledgement(-EINVAL, Array(sentence.dropLast(8))))
    #expect(cut == (EINVAL, nil))
  }

  @Test("A code without a positive twin") func lowest() throws {
    let lowest = try #require(try acknowledgement(.min))
    #expect(lowest == (.min, nil))
  }

  @Test func noAcknowledgement() throws {
    #expect(try Message.split(message(type: 16, number(0) + message())[...])[0].acknowledgement == nil)
    #expect(try Message.split(message(type: 2, [0, 0])[...])[0].acknowledgement == nil)
  }
}
