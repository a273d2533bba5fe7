import CLinux
import LinuxSystem
import Testing

@testable import Netlink

@Suite struct ReplyTests {
  private func refusal(_ reply: Reply, _ datagram: [UInt8]) -> Int32? {
    var reply = reply
    do throws(SystemError) { _ = try reply.take(datagram[...]) } catch { return error.errno }
    return nil
  }

  @Test("A dump goes on until it says that it is done") func dump() throws {
    var reply = Reply(from: 7, until: 7)
    #expect(try !reply.take((message(number: 7, [1]) + [0, 0, 0] + message(number: 7, [2]))[...]))
    #expect(try !reply.take([]))
    #expect(try reply.take((message(number: 7, [3]) + [0, 0, 0] + done(number: 7) + message(number: 7, [4]))[...]))
    #expect(reply.messages.map { Array($0.body) } == [[1], [2], [3]])
    #expect(!reply.isInterrupted)
  }

  @Test("What has another number was meant for an earlier request") func others() throws {
    var reply = Reply(from: 7, until: 8)
    for other in [UInt32(0), 6, 9, .max] {
      #expect(try !reply.take((message(number: other) + acknowledgement(-1, number: other) + done(number: other))[...]))
    }
    #expect(reply.messages.isEmpty)
    #expect(try reply.take(acknowledgement(0, number: 8)[...]))
  }

  @Test("The mark of an interruption, wherever it stands") func interruption() throws {
    let parts = [message(flags: interrupted, number: 1) + done(), message(number: 1) + done(flags: interrupted)]
    for part in parts {
      var reply = Reply(from: 1, until: 1)
      #expect(try reply.take(part[...]))
      #expect(reply.isInterrupted)
    }
  }

  @Test("A transaction ends with the acknowledgement of its last request, or when its beginning is refused") func transaction() throws {
    var reply = Reply(from: 1, until: 3)
    #expect(try !reply.take((acknowledgement(0, number: 1) + acknowledgement(-ENOENT, number: 2))[...]))
    // The first refusal counts.
    #expect(refusal(reply, acknowledgement(0, number: 3)) == ENOENT)
    #expect(refusal(reply, acknowledgement(-EPERM, number: 3)) == ENOENT)
    #expect(refusal(Reply(from: 1, until: 3), acknowledgement(-EPERM, number: 1)) == EPERM)
    #expect(refusal(Reply(from: 1, until: 3), acknowledgement(-EPERM, number: 2)) == nil)
  }

  @Test func refused() {
    #expect(refusal(Reply(from: 1, until: 1), acknowledgement(-ENODEV, number: 1)) == ENODEV)
    #expect(refusal(Reply(from: 1, until: 1), done(-EBUSY)) == EBUSY)
    #expect(refusal(Reply(from: 1, until: 1), message(number: 1) + [255, 0, 0, 0] + [UInt8](repeating: 0, count: 12)) == EBADMSG)
  }
}
