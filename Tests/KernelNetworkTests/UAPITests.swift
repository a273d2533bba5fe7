import Foundation
import KernelNetwork
import LinuxSystem
import NetworkModel
import TestSupport
import Testing

private let name: ByteString = "wg.home"
private let path = "/run/wireguard/wg.home.sock"

/// A socket where a userspace WireGuard of that name would listen, for `inNewNamespace(privateRun: true)`.
func listenAsWireGuard(_ name: String, mode: mode_t = 0o600) throws -> Int32 {
  let path = "/run/wireguard/\(name).sock"
  try FileManager.default.createDirectory(atPath: "/run/wireguard", withIntermediateDirectories: true)
  let listener = try SystemError.check(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0), "socket")
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
  let bound = unsafe withUnsafePointer(to: address) {
    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
  }
  try SystemError.check(bound, "bind")
  try SystemError.check(listen(listener, 1), "listen")
  try SystemError.check(unsafe chmod(path, mode), "chmod")
  return listener
}

/// Serves one connection on a thread of its own, which shares the caller's view of files.
private func serve(_ answer: String, mode: mode_t = 0o600) throws -> @Sendable () -> String {
  let listener = try listenAsWireGuard(name.description, mode: mode)
  return {
    let descriptor = FileDescriptor(owning: accept(listener, nil, nil))
    _ = close(listener)
    var asked: [UInt8] = []
    var byte: UInt8 = 0
    while !asked.suffix(2).equals("\n\n"), unsafe read(descriptor.raw, &byte, 1) == 1 { asked.append(byte) }
    try? descriptor.writeAll(Array(answer.utf8))
    return String(decoding: asked, as: UTF8.self)
  }
}

/// - Returns: what was asked, and what came of it.
private func exchange<T: Sendable>(
  answering answer: String, _ body: @escaping @Sendable (borrowing WireGuardUAPI) throws -> T
) async throws -> (asked: String, result: Result<T, any Error>) {
  try await inNewNamespace(privateRun: true) {
    let server = try serve(answer)
    let done = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var asked = ""
    Thread.detachNewThread {
      unsafe asked = server()
      done.signal()
    }
    let result = Result { try body(WireGuardUAPI(name)) }
    done.wait()
    return (unsafe asked, result)
  }
}

@Suite(.needsRoot) struct UAPITests {
  /// wg setconf wg.home FILE, with the file of `WireGuardBytesTests`. Ours says `replace_allowed_ips` first of a peer, and no keepalive as 0.
  @Test func setconf() async throws {
    let exchanged = try await exchange(answering: "errno=0\n\n") { try $0.configure(device) }
    try exchanged.result.get()
    #expect(
      exchanged.asked == """
        set=1
        private_key=4885709a87ebf04586f2797b334622846b4b3c03176cd19ec43445fc05b93e78
        listen_port=51821
        fwmark=10001
        replace_peers=true
        public_key=8b84c12fdfa0f9e777584632435cd3944f2e60ab8fdd85a724c4ef946ff35547
        replace_allowed_ips=true
        preshared_key=fd913b1ace7d7a6c1e2aa18ef76b968001bcac39e2420c8d5b39c6f00896083a
        endpoint=203.0.113.2:51820
        persistent_keepalive_interval=25
        allowed_ip=0.0.0.0/0
        allowed_ip=::/0
        public_key=c4db908d2eb0eccb4edea239df14f0e5d0a3843d2570a5b2bd7de8b7657f2c6e
        replace_allowed_ips=true
        endpoint=[2001:db8:113::2]:443
        persistent_keepalive_interval=0
        allowed_ip=10.9.0.0/16
        allowed_ip=fd09::/64


        """)
  }

  @Test func reconfigure() async throws {
    var device = device
    device.listenPort = nil
    let gone = Keys.otherPeer
    device.peers.removeLast()
    device.peers[0].presharedKey = nil
    let changed = device
    let exchanged = try await exchange(answering: "errno=0\n\n") { try $0.reconfigure(changed, without: [gone]) }
    try exchanged.result.get()
    #expect(
      exchanged.asked == """
        set=1
        private_key=4885709a87ebf04586f2797b334622846b4b3c03176cd19ec43445fc05b93e78
        public_key=c4db908d2eb0eccb4edea239df14f0e5d0a3843d2570a5b2bd7de8b7657f2c6e
        remove=true
        public_key=8b84c12fdfa0f9e777584632435cd3944f2e60ab8fdd85a724c4ef946ff35547
        replace_allowed_ips=true
        preshared_key=\(String(repeating: "0", count: 64))
        endpoint=203.0.113.2:51820
        persistent_keepalive_interval=25
        allowed_ip=0.0.0.0/0
        allowed_ip=::/0


        """)
  }

  @Test func setEndpoints() async throws {
    let exchanged = try await exchange(answering: "errno=0\n\n") { try $0.setEndpoints(device) }
    try exchanged.result.get()
    #expect(
      exchanged.asked == """
        set=1
        fwmark=10001
        public_key=8b84c12fdfa0f9e777584632435cd3944f2e60ab8fdd85a724c4ef946ff35547
        update_only=true
        endpoint=203.0.113.2:51820
        public_key=c4db908d2eb0eccb4edea239df14f0e5d0a3843d2570a5b2bd7de8b7657f2c6e
        update_only=true
        endpoint=[2001:db8:113::2]:443


        """)
  }

  @Test func peers() async throws {
    let answer = """
      private_key=4885709a87ebf04586f2797b334622846b4b3c03176cd19ec43445fc05b93e78
      listen_port=51821
      public_key=8b84c12fdfa0f9e777584632435cd3944f2e60ab8fdd85a724c4ef946ff35547
      endpoint=203.0.113.2:51820
      last_handshake_time_sec=1700000000
      last_handshake_time_nsec=5
      tx_bytes=2
      rx_bytes=1
      allowed_ip=0.0.0.0/0
      public_key=c4db908d2eb0eccb4edea239df14f0e5d0a3843d2570a5b2bd7de8b7657f2c6e
      endpoint=[fe80::1%eth0]:443
      errno=0


      """
    let exchanged = try await exchange(answering: answer) { try $0.peers() }
    #expect(exchanged.asked == "get=1\n\n")
    var first = WireGuardPeerStatus(publicKey: Keys.peer)
    first.endpoint = Endpoint(address: IPAddress("203.0.113.2")!, port: 51820)
    first.latestHandshake = 1_700_000_000
    first.receivedBytes = 1
    first.sentBytes = 2
    first.allowedIPs = [.everything(.v4)]
    var second = WireGuardPeerStatus(publicKey: Keys.otherPeer)
    second.endpoint = Endpoint(address: IPAddress("fe80::1")!, port: 443)
    #expect(try exchanged.result.get() == [first, second])
  }

  @Test(
    "Refusals and nonsense",
    arguments: [
      // As wireguard-go has it.
      ("errno=-98\n\n", EADDRINUSE), ("errno=-22\n\n", EINVAL), ("errno=22\n\n", EINVAL), ("", EPROTO), ("errno=0", EPROTO),
      ("\n\n", EPROTO), ("errno=x\n\n", EPROTO), ("errno=\n\n", EPROTO), ("errno=--1\n\n", EPROTO), ("errno=2147483648\n\n", EPROTO),
    ])
  func refused(answer: String, code: Int32) async throws {
    let exchanged = try await exchange(answering: answer) { try $0.configure(device) }
    let error = #expect(throws: SystemError.self) { try exchanged.result.get() }
    #expect(error?.errno == code)
  }

  /// Root's alone, or not used at all.
  @Test(
    "Whose socket it is",
    arguments: [("", ENOENT), ("chown 1 /run/wireguard", EPERM), ("chown 1 \(path)", EPERM), ("chmod 0777 /run/wireguard", EPERM)])
  func ownership(command: String, code: Int32) async throws {
    let refused = try await inNewNamespace(privateRun: true) {
      if !command.isEmpty {
        _ = try serve("errno=0\n\n")
        try run("/bin/sh", "-c", command)
      }
      return refusal { _ = try WireGuardUAPI(name) }
    }
    #expect(refused == code)
  }

  @Test func nobodyListens() async throws {
    let refused = try await inNewNamespace(privateRun: true) {
      try run("/bin/sh", "-c", "mkdir /run/wireguard; touch \(path)")
      return refusal { _ = try WireGuardUAPI(name) }
    }
    #expect(refused == ECONNREFUSED)
  }
}
