internal import CLinux
public import LinuxSystem
public import NetworkModel

/// A userspace WireGuard: text over the UNIX socket that wg(8) uses as well, https://www.wireguard.com/xplatform/#cross-platform-userspace-implementation
/// Its folder is one for all network namespaces, so that names there must be the machine's own.
public struct WireGuardUAPI: ~Copyable {
  private let socket: FileDescriptor
  /// For one answer, in milliseconds, and for a single wait.
  private let patience: Int

  public static let folder = "/run/wireguard"
  public static func path(_ name: ByteString) -> String { "\(folder)/\(name).sock" }

  /// Private keys go through this socket, so it must be root's, in a folder that is root's: the caller of a capable program can make
  /// one of that name where nothing was. Needs CAP_DAC_OVERRIDE.
  /// - Parameter patience: in milliseconds, for one answer and for a single wait.
  /// - Throws: ENOENT or ECONNREFUSED if no implementation serves this name; EPERM if it is another user's; EAGAIN if it takes no
  ///   connection within that time.
  public init(_ name: ByteString, patience: Int = 10_000) throws(SystemError) {
    let path = Self.path(name)
    for file in [Self.folder, path] {
      var s = stat()
      try SystemError.check(unsafe lstat(file, &s), "open \(file)")
      guard s.st_uid == 0, s.st_mode & 0o022 == 0 || file.utf8.count > Self.folder.utf8.count else {
        throw SystemError("\(file) is not root's alone", errno: EPERM)
      }
    }
    let fd = try SystemError.check(
      CLinux.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0), "open a UNIX socket")
    let opened = FileDescriptor(owning: fd)
    try opened.limitWaiting(milliseconds: patience)
    try SystemError.check(unsafe clinux_connect_unix(fd, path), "connect to \(path)")
    socket = opened
    self.patience = patience
  }

  /// `wg setconf`.
  public func configure(_ device: WireGuardDevice) throws(SystemError) {
    var text = Self.start(device)
    text += "listen_port=\(device.listenPort ?? 0)\nfwmark=\(device.fwmark)\nreplace_peers=true\n"
    for peer in device.peers { text += Self.text(peer, presharedKey: peer.presharedKey) }
    _ = try ask(text + "\n")
  }

  /// `wg syncconf`, as `WireGuardDevice.reconfiguration`.
  public func reconfigure(_ device: WireGuardDevice, without gone: [WireGuardKey]) throws(SystemError) {
    var text = Self.start(device)
    if let listenPort = device.listenPort { text += "listen_port=\(listenPort)\n" }
    for key in gone { text += "public_key=\(key.hexadecimal)\nremove=true\n" }
    for peer in device.peers { text += Self.text(peer, presharedKey: peer.presharedKey ?? .zero) }
    _ = try ask(text + "\n")
  }

  private static func start(_ device: WireGuardDevice) -> String {
    "set=1\n" + (device.privateKey.map { "private_key=\($0.hexadecimal)\n" } ?? "")
  }

  static func text(_ peer: WireGuardPeer, presharedKey: WireGuardKey?) -> String {
    var text = "public_key=\(peer.publicKey.hexadecimal)\nreplace_allowed_ips=true\n"
    if let presharedKey { text += "preshared_key=\(presharedKey.hexadecimal)\n" }
    if let endpoint = peer.endpoint { text += "endpoint=\(endpoint)\n" }
    text += "persistent_keepalive_interval=\(peer.persistentKeepalive ?? 0)\n"
    for prefix in peer.allowedIPs { text += "allowed_ip=\(prefix)\n" }
    return text
  }

  /// `wg set … peer … endpoint …`, and the mark, as `WireGuardDevice.whereabouts`.
  public func setEndpoints(_ device: WireGuardDevice) throws(SystemError) {
    var text = "set=1\nfwmark=\(device.fwmark)\n"
    for peer in device.peers {
      if let endpoint = peer.endpoint { text += "public_key=\(peer.publicKey.hexadecimal)\nupdate_only=true\nendpoint=\(endpoint)\n" }
    }
    _ = try ask(text + "\n")
  }

  public func peers() throws(SystemError) -> [WireGuardPeerStatus] { Self.peers(in: try ask("get=1\n\n")) }

  static func peers(in reply: [UInt8]) -> [WireGuardPeerStatus] {
    var peers: [WireGuardPeerStatus] = []
    for line in reply.split(separator: 0x0a) {
      let parts = line.split(separator: 0x3d, maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = parts[1]
      if parts[0].equals("public_key"), let key = WireGuardKey(hexadecimal: value) { peers.append(WireGuardPeerStatus(publicKey: key)) }
      guard !peers.isEmpty else { continue }
      let last = peers.count - 1
      if parts[0].equals("endpoint") { peers[last].endpoint = Endpoint(value) }
      if parts[0].equals("last_handshake_time_sec") { peers[last].latestHandshake = UInt64(decimal: value) ?? 0 }
      if parts[0].equals("rx_bytes") { peers[last].receivedBytes = UInt64(decimal: value) ?? 0 }
      if parts[0].equals("allowed_ip"), let prefix = Prefix(value) { peers[last].allowedIPs.append(prefix) }
      if parts[0].equals("tx_bytes") { peers[last].sentBytes = UInt64(decimal: value) ?? 0 }
    }
    return peers
  }

  /// - Throws: the implementation's own errno; ETIMEDOUT if it does not read or does not answer.
  private func ask(_ text: String) throws(SystemError) -> [UInt8] {
    let deadline = Deadline(milliseconds: patience)
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let sent = unsafe rest.withUnsafeBytes { unsafe send(socket.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if let count = try progress(sent, before: deadline) { rest = rest.dropFirst(count) }
    }
    var reply: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    // Ended by an empty line; the last one before it is errno=N.
    while !reply.suffix(2).equals("\n\n") {
      let got = unsafe chunk.withUnsafeMutableBytes { unsafe read(socket.raw, $0.baseAddress, $0.count) }
      guard let count = try progress(got, before: deadline) else { continue }
      guard count > 0, reply.count < 1 << 24 else { throw SystemError("read from the userspace WireGuard", errno: EPROTO) }
      reply += chunk[..<count]
    }
    guard let status = Self.status(of: reply) else { throw SystemError("the userspace WireGuard's answer", errno: EPROTO) }
    guard status == 0 else { throw SystemError("the userspace WireGuard", errno: status) }
    return reply
  }

  /// - Returns: `nil` if the call is to be repeated.
  private func progress(_ result: Int, before deadline: Deadline) throws(SystemError) -> Int? {
    let code = result < 0 ? clinux_errno() : 0
    if code == EAGAIN || deadline.isOver {
      throw SystemError("the userspace WireGuard (no whole answer within \(patience / 1000) s)", errno: ETIMEDOUT)
    }
    if code == EINTR { return nil }
    guard code == 0 else { throw SystemError("talk to the userspace WireGuard", errno: code) }
    return result
  }

  /// The errno(3) in the last line, positive, or 0; `nil` where there is none. wireguard-go has a minus before it.
  static func status(of reply: [UInt8]) -> Int32? {
    guard let last = reply.split(separator: 0x0a).last, last.begins(with: "errno=") else { return nil }
    let number = last.dropFirst(6)
    return Int32(decimal: number.first == 0x2d ? number.dropFirst() : number)
  }
}

extension Endpoint {
  /// `192.0.2.1:51820` or `[2001:db8::1]:51820`.
  fileprivate init?(_ text: some BidirectionalCollection<UInt8>) {
    guard let colon = text.lastIndex(of: 0x3a), let port = UInt16(decimal: text[text.index(after: colon)...]) else { return nil }
    let host = text[..<colon].filter { $0 != 0x5b && $0 != 0x5d }
    guard let address = IPAddress(host.prefix { $0 != 0x25 }) else { return nil }
    self.init(address: address, port: port)
  }
}

extension WireGuardKey {
  fileprivate init?(hexadecimal text: some Collection<UInt8>) {
    let digits = text.map { UInt8(hexadecimal: [$0]) }
    guard digits.count == 64, !digits.contains(nil) else { return nil }
    self.init(bytes: (0..<32).map { digits[2 * $0]! << 4 | digits[2 * $0 + 1]! })
  }
}
