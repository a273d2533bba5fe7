import Foundation
import Testing

@testable import LinuxSystem

/// A UDP server on loopback, as far as one question goes.
private final class Server {
  private let descriptor: FileDescriptor
  let port: UInt16

  init(_ family: Int32) throws {
    let fd = try SystemError.check(socket(family, Int32(SOCK_DGRAM.rawValue), 0), "socket")
    descriptor = FileDescriptor(owning: fd)
    // sockaddr_in and sockaddr_in6 of 127.0.0.1 and ::1, any port.
    var bytes: [UInt8] = [UInt8(family), 0, 0, 0]
    bytes += family == AF_INET ? [127, 0, 0, 1] + [UInt8](repeating: 0, count: 8) : [UInt8](repeating: 0, count: 19) + [1, 0, 0, 0, 0]
    let bound = unsafe bytes.withUnsafeBytes {
      unsafe bind(fd, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    try SystemError.check(bound, "bind")
    var size = socklen_t(bytes.count)
    let named = unsafe bytes.withUnsafeMutableBytes {
      unsafe getsockname(fd, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
    }
    try SystemError.check(named, "getsockname")
    port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
  }

  /// Takes one datagram and sends back what `answer` makes of it.
  func serve(_ answer: ([UInt8]) -> [UInt8]) throws {
    var other = [UInt8](repeating: 0, count: 28)
    var size = socklen_t(other.count)
    var buffer = [UInt8](repeating: 0, count: 512)
    let fd = descriptor.raw
    let got = unsafe buffer.withUnsafeMutableBytes { buffer in
      unsafe other.withUnsafeMutableBytes {
        unsafe recvfrom(fd, buffer.baseAddress, buffer.count, 0, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
      }
    }
    let reply = answer(Array(buffer.prefix(max(got, 0))))
    let sent = unsafe other.withUnsafeBytes {
      unsafe sendto(fd, reply, reply.count, 0, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), size)
    }
    try SystemError.check(Int32(sent), "sendto")
  }
}

@Suite struct DatagramSocketTests {
  private static let loopback: [Int32: [UInt8]] = [AF_INET: [127, 0, 0, 1], AF_INET6: [UInt8](repeating: 0, count: 15) + [1]]

  @Test("A question and its answer", .enabled(if: isRoot, "a mark needs CAP_NET_ADMIN"), arguments: [AF_INET, AF_INET6])
  func exchange(family: Int32) throws {
    let server = try Server(family)
    let socket = try DatagramSocket(to: Self.loopback[family]!, port: server.port, mark: 10001)
    #expect(socket.receive(milliseconds: 1) == nil)
    try socket.send([1, 2, 3])
    try server.serve { $0.reversed() }
    #expect(socket.receive(milliseconds: 1000) == [3, 2, 1])
    #expect(socket.receive(milliseconds: 1) == nil)
  }

  /// Port 1: the kernel never picks it by itself. At one that it had just picked, and that was free again, a socket sometimes met itself.
  @Test("Nobody there", .enabled(if: isRoot, "a mark needs CAP_NET_ADMIN"), arguments: [AF_INET, AF_INET6])
  func refused(family: Int32) throws {
    let socket = try DatagramSocket(to: Self.loopback[family]!, port: 1, mark: 0)
    try socket.send([1])
    #expect(socket.receive(milliseconds: 1000) == nil)
  }

  @Test func numbersDiffer() throws {
    #expect(Set(try (0..<20).map { _ in try randomNumber() }).count > 15)
  }
}
