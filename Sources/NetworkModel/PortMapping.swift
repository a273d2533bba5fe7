/// NAT-PMP, RFC 6886: a client asks its gateway to send on to it what comes to a port of the gateway's address, for some time.
public enum PortMapping {
  /// Of UDP, where gateways listen.
  public static let port: UInt16 = 5351

  public enum Request: Equatable, Sendable {
    /// Which address the gateway has outside.
    case address
    /// - Parameters:
    ///   - inside: the client's own port.
    ///   - outside: only a wish; 0 for none.
    ///   - seconds: how long; 0 removes what there is for that own port.
    case map(Transport, inside: UInt16, outside: UInt16, seconds: UInt32)
  }

  public enum Answer: Equatable, Sendable {
    case address(IPv4Address)
    case mapped(outside: UInt16, seconds: UInt32)
    /// A result code of RFC 6886 §3.5, not 0.
    case refused(UInt16)
  }

  /// Of §3.5.
  public static let unsupportedVersion: UInt16 = 1, notAuthorized: UInt16 = 2, outOfResources: UInt16 = 4, unsupportedOpcode: UInt16 = 5

  /// What a code says, for a sentence.
  public static func meaning(_ code: UInt16) -> String {
    switch code {
    case unsupportedVersion: "it speaks another version"
    case notAuthorized: "it refuses to forward ports"
    case 3: "it has no address itself"
    case outOfResources: "it has no port left"
    default: "result code \(code)"
    }
  }
}

extension PortMapping.Request {
  public var bytes: [UInt8] {
    switch self {
    case .address: [0, 0]
    case .map(_, let inside, let outside, let seconds): [0, opcode, 0, 0] + inside.inOrder + outside.inOrder + seconds.inOrder
    }
  }

  /// - Returns: `nil` for what is no request of version 0, or has another transport.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count >= 2, bytes[0] == 0 else { return nil }
    if bytes[1] == 0 {
      self = .address
      return
    }
    guard bytes[1] <= 2, bytes.count >= 12 else { return nil }
    self = .map(
      bytes[1] == 1 ? .udp : .tcp, inside: UInt16(number(bytes[4..<6])), outside: UInt16(number(bytes[6..<8])),
      seconds: number(bytes[8..<12]))
  }

  private var opcode: UInt8 {
    switch self {
    case .address: 0
    case .map(let transport, _, _, _): transport == .udp ? 1 : 2
    }
  }

  /// - Returns: `nil` for a message that is no answer to this request.
  public func answer(in message: [UInt8]) -> PortMapping.Answer? {
    guard message.count >= 4, message[0] == 0, message[1] == 128 + opcode else { return nil }
    let code = UInt16(number(message[2..<4]))
    if code != 0 { return .refused(code) }
    switch self {
    case .address:
      guard message.count >= 12 else { return nil }
      return .address(IPv4Address(bits: number(message[8..<12])))
    case .map(_, let inside, _, _):
      guard message.count >= 16, UInt16(number(message[8..<10])) == inside else { return nil }
      return .mapped(outside: UInt16(number(message[10..<12])), seconds: number(message[12..<16]))
    }
  }

  /// As a gateway answers it.
  /// - Parameter epoch: seconds since the gateway has forgotten everything.
  public func message(_ answer: PortMapping.Answer, epoch: UInt32) -> [UInt8] {
    func head(_ code: UInt16) -> [UInt8] { [0, 128 + opcode] + code.inOrder + epoch.inOrder }
    switch (self, answer) {
    case (.address, .address(let address)): return head(0) + address.bytes
    case (.map(_, let inside, _, _), .mapped(let outside, let seconds)):
      return head(0) + inside.inOrder + outside.inOrder + seconds.inOrder
    case (.address, .refused(let code)): return head(code) + [0, 0, 0, 0]
    case (.map(_, let inside, let outside, let seconds), .refused(let code)):
      return head(code) + inside.inOrder + outside.inOrder + seconds.inOrder
    case (.address, .mapped), (.map, .address): return head(PortMapping.unsupportedOpcode)
    }
  }

  /// To what is no request: PCP (RFC 6887, version 2) and others. Their clients then ask by NAT-PMP.
  public static func refusal(of message: [UInt8], epoch: UInt32) -> [UInt8] {
    let code = message.first == 0 ? PortMapping.unsupportedOpcode : PortMapping.unsupportedVersion
    return [0, 128 | (message.count > 1 ? message[1] : 0)] + code.inOrder + epoch.inOrder
  }
}

private func number(_ bytes: some Sequence<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

extension UInt16 {
  fileprivate var inOrder: [UInt8] { [UInt8(self >> 8), UInt8(self & 0xff)] }
}

extension UInt32 {
  fileprivate var inOrder: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * UInt32($0))) } }
}
