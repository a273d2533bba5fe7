import CLinux
import Foundation
import LinuxSystem
import Testing

@testable import Netlink

/// A socket, and a peer that takes the kernel's part: on a thread of its own it gets each request's number and says what it answers, as
/// datagrams. It ends when the socket is closed.
/// - Parameter forever: it says that again and again.
private func socket(
  patience: Int = 5000, forever: Bool = false, answering answer: @escaping @Sendable (_ number: UInt32, _ turn: Int) -> [[UInt8]]
) throws -> NetlinkSocket {
  var ends: [Int32] = [-1, -1]
  try SystemError.check(unsafe socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &ends), "socketpair")
  let own = FileDescriptor(owning: ends[0])
  let peer = ends[1]
  Thread.detachNewThread {
    let peer = FileDescriptor(owning: peer)
    var turn = 0
    var request = [UInt8](repeating: 0, count: 4096)
    while unsafe recv(peer.raw, &request, request.count, 0) > 0 {
      let datagrams = answer(request[8..<12].reversed().reduce(0) { $0 << 8 | UInt32($1) }, turn)
      repeat {
        for datagram in datagrams where unsafe send(peer.raw, datagram, datagram.count, Int32(MSG_NOSIGNAL)) < 0 { return }
      } while forever
      turn += 1
    }
  }
  return try NetlinkSocket(own, patience: patience)
}

private var anyDump: Request { Request(18, Payload()) }

private func failure<T>(_ body: () throws -> T) -> SystemError? {
  do { _ = try body() } catch { return error as? SystemError }
  return nil
}

private func milliseconds(_ body: () -> Void) -> Int {
  let start = DispatchTime.now().uptimeNanoseconds
  body()
  return Int((DispatchTime.now().uptimeNanoseconds - start) / 1_000_000)
}

/// What the kernel does not do, or does once in a long while: nothing keeps a program with capabilities waiting or spinning.
@Suite(.timeLimit(.minutes(1))) struct PatienceTests {
  @Test("A dump that is interrupted each time ends, and says why") func alwaysInterrupted() throws {
    var socket = try socket { number, _ in [message(number: number, [1]) + [0, 0, 0] + done(flags: interrupted, number: number)] }
    let error = failure { try socket.dump(anyDump) }
    #expect(error?.errno == EAGAIN)
    #expect(
      error?.description == "netlink (the list changed each of the 20 times that it was read): Resource temporarily unavailable")
  }

  @Test("A dump that is interrupted for a while is repeated, and what came before is forgotten") func sometimesInterrupted() throws {
    var socket = try socket { number, turn in
      [message(number: number, [UInt8(turn)]) + [0, 0, 0] + done(flags: turn < 5 ? interrupted : 0, number: number)]
    }
    #expect(try socket.dump(anyDump).map { Array($0.body) } == [[5]])
  }

  @Test("An answer that never comes") func silence() throws {
    var socket = try socket(patience: 200) { _, _ in [] }
    var error: SystemError?
    let took = milliseconds { error = failure { try socket.perform(anyDump) } }
    #expect(error?.errno == ETIMEDOUT)
    #expect((150...5000).contains(took), "\(took) ms")
  }

  @Test("A sentence with the product's own patience") func sentence() throws {
    var socket = try socket(patience: 1000) { _, _ in [] }
    #expect(failure { try socket.get(anyDump) }?.description == "netlink (no whole answer within 1 s): Connection timed out")
  }

  /// Empty datagrams, answers to other requests, and a list without an end.
  @Test("An answer that never ends", arguments: 0..<3) func endless(kind: Int) throws {
    var socket = try socket(patience: 200, forever: true) { number, _ in
      [[[], message(number: number &+ 7), message(number: number, [1])][kind]]
    }
    var error: SystemError?
    let took = milliseconds { error = failure { try socket.dump(anyDump) } }
    #expect(error?.errno == ETIMEDOUT)
    #expect((150...5000).contains(took), "\(took) ms")
  }

  /// A signal whose handler returns interrupts a wait, which then begins anew.
  @Test("Signals do not make it wait longer") func signals() throws {
    signal(SIGURG) { _ in }
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    unsafe sigaddset(&mask, SIGURG)
    // A thread of libdispatch blocks them.
    unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    defer { unsafe pthread_sigmask(SIG_BLOCK, &mask, nil) }
    var socket = try socket(patience: 300) { _, _ in [] }
    let own = pthread_self()
    let isOver = DispatchSemaphore(value: 0)
    let hasEnded = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      for _ in 0..<600 {
        guard isOver.wait(timeout: .now() + .milliseconds(20)) == .timedOut else { break }
        pthread_kill(own, SIGURG)
      }
      hasEnded.signal()
    }
    var error: SystemError?
    let took = milliseconds { error = failure { try socket.perform(anyDump) } }
    isOver.signal()
    hasEnded.wait()
    #expect(error?.errno == ETIMEDOUT)
    #expect((250...5000).contains(took), "\(took) ms")
  }
}
