import Foundation
import KernelNetwork
import LinuxSystem
import NetworkModel
import TestSupport
import Testing

private let name = "wg.home"

/// What a userspace WireGuard does that is stuck, as the last thing after it has got a connection.
private enum Fault: CaseIterable {
  case acceptsNone, reads, readsNothing, answersByteByByte
}

/// - Returns: the errno, and after how many milliseconds.
private func ask(_ fault: Fault, _ body: @escaping @Sendable (borrowing WireGuardUAPI) throws -> Void) async throws -> (Int32?, Int) {
  try await inNewNamespace(privateRun: true) {
    let listener = FileDescriptor(owning: try listenAsWireGuard(name))
    var waiting: [FD] = []
    if fault == .acceptsNone {
      // listen(2) says two of a backlog of 1; then connect(2) waits.
      for _ in 0..<2 { waiting.append(FD(try connection(name))) }
    } else {
      let raw = listener.raw
      Thread.detachNewThread { serve(raw, fault) }
    }
    let start = DispatchTime.now().uptimeNanoseconds
    let code = refusal { try body(WireGuardUAPI(ByteString(name), patience: 300)) }
    let took = Int((DispatchTime.now().uptimeNanoseconds - start) / 1_000_000)
    withExtendedLifetime(waiting) {}
    return (code, took)
  }
}

private final class FD {
  let descriptor: Int32
  init(_ descriptor: Int32) { self.descriptor = descriptor }
  deinit { close(descriptor) }
}

private func connection(_ name: String) throws -> Int32 {
  let fd = try SystemError.check(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0), "socket")
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: WireGuardUAPI.path(ByteString(name)).utf8) }
  let connected = unsafe withUnsafePointer(to: address) {
    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
  }
  try SystemError.check(connected, "connect")
  return fd
}

/// Until the other end has given up, or for ten seconds.
private func serve(_ listener: Int32, _ fault: Fault) {
  let descriptor = FileDescriptor(owning: accept(listener, nil, nil))
  for _ in 0..<200 {
    var byte: UInt8 = 0x78
    if fault == .answersByteByByte, unsafe send(descriptor.raw, &byte, 1, Int32(MSG_NOSIGNAL)) != 1 { return }
    var buffer = [UInt8](repeating: 0, count: 65536)
    if fault != .readsNothing, unsafe recv(descriptor.raw, &buffer, buffer.count, Int32(MSG_DONTWAIT)) == 0 { return }
    usleep(50_000)
  }
}

@Suite(.needsRoot, .timeLimit(.minutes(1))) struct UAPIPatienceTests {
  @Test("One that accepts and never answers", arguments: [Fault.reads, .answersByteByByte])
  private func silent(fault: Fault) async throws {
    let (code, took) = try await ask(fault) { _ = try $0.peers() }
    #expect(code == ETIMEDOUT)
    #expect((250...5000).contains(took), "\(took) ms")
  }

  @Test("One that does not even read") func full() async throws {
    var long = device
    long.peers[0].allowedIPs = (0..<100_000).map { Prefix(host: IPAddress("fd00::1:0")!.advanced(by: $0)) }
    let device = long
    let (code, took) = try await ask(.readsNothing) { try $0.configure(device) }
    #expect(code == ETIMEDOUT)
    #expect((250...5000).contains(took), "\(took) ms")
  }

  @Test("One that takes no connection") func notAccepted() async throws {
    let (code, took) = try await ask(.acceptsNone) { _ = try $0.peers() }
    #expect(code == EAGAIN)
    #expect((250...5000).contains(took), "\(took) ms")
  }
}
