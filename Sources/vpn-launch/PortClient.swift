internal import LinuxSystem
internal import NetworkModel

/// Asks the provider's gateway, by a socket of the box.
struct PortClient {
  let socket: DatagramSocket
  /// It can be read when no answer is wanted any more; -1: never.
  var end: Int32 = -1

  /// Again after 250 ms and twice as long each time, at most 2 seconds (RFC 6886 §3.1 goes on to a minute; people wait here).
  /// - Parameter waiting: once, after a second without an answer.
  /// - Returns: `nil` if there is none within that time, or the machine refuses.
  func answer(to request: PortMapping.Request, milliseconds: Int, waiting: () -> Void = {}) -> PortMapping.Answer? {
    let deadline = Deadline(milliseconds: milliseconds)
    let patience = Deadline(milliseconds: min(1000, milliseconds / 2))
    var pause = 250
    var hasSaid = false
    while !deadline.isOver, readable([end], milliseconds: 0) == nil {
      try? socket.send(request.bytes)
      let turn = Deadline(milliseconds: min(pause, Int(deadline.remaining)))
      while !turn.isOver, readable([end], milliseconds: 0) == nil {
        let before = turn.remaining
        if let message = socket.receive(milliseconds: before, unless: end) {
          if let answer = request.answer(in: message) { return answer }
        } else if turn.remaining > before / 2 {
          // A refusal came at once, which may be of the tunnel's first moments.
          Process.sleep(milliseconds: 50)
        }
      }
      if patience.isOver, !hasSaid {
        hasSaid = true
        waiting()
      }
      pause = min(pause * 2, 2000)
    }
    return nil
  }

  /// What UDP and TCP have together.
  enum Mapping: Equatable {
    case mapped(outside: UInt16, seconds: UInt32)
    case refused(UInt16)
    /// Two ports for one: no use to any program.
    case differing
    case nothing
  }

  /// Seconds for which a port is asked. Some providers grant no more than one minute.
  static let seconds: UInt32 = 3600

  /// Of a provider that gives each client a port and takes no wish, as its own manual has it: `natpmpc -a 1 0`.
  private static let noWish: UInt16 = 1

  /// - Parameters:
  ///   - inside: 0: the provider takes no wish.
  ///   - wish: what it has given before, or would be welcome.
  func map(inside: UInt16, wish: UInt16, milliseconds: Int, waiting: () -> Void = {}) -> Mapping {
    var found: (outside: UInt16, seconds: UInt32)?
    for transport in [Transport.udp, .tcp] {
      let wanted = inside == 0 ? Self.noWish : found?.outside ?? wish
      let request = PortMapping.Request.map(transport, inside: inside, outside: wanted, seconds: Self.seconds)
      switch answer(to: request, milliseconds: milliseconds, waiting: waiting) {
      case .mapped(let outside, let seconds):
        guard outside > 0, seconds > 0 else { return .refused(PortMapping.outOfResources) }
        if let found, found.outside != outside { return .differing }
        found = (outside, min(seconds, found?.seconds ?? seconds))
      case .refused(let code): return .refused(code)
      case .address, nil: return .nothing
      }
    }
    return found.map { .mapped(outside: $0.outside, seconds: $0.seconds) } ?? .nothing
  }

  /// Without waiting long: who does not hear of it forgets it in the end.
  func remove(inside: UInt16) {
    // That would remove all that any command of the VPN has (RFC 6886 §3.4).
    guard inside > 0 else { return }
    for transport in [Transport.udp, .tcp] {
      _ = answer(to: .map(transport, inside: inside, outside: 0, seconds: 0), milliseconds: 300)
    }
  }
}
