internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// Keeps a provider's port for a command: a process of the caller's beside it, without capabilities, which ends with it. It also is the
/// gateway for programs that ask for a port themselves.
struct PortKeeper {
  private var forwarding: Forwarding
  /// The command listens where it likes, and has not said where yet.
  private var follows: Bool
  private let run: [UInt8]?
  private let environment: [UInt8]
  private let callers: CallersState
  private let launcher: [UInt8]?
  private let server: AnsweringSocket?
  private let start = Companion.seconds
  private var next = 0

  static func start(
    _ forwarding: Forwarding, _ request: LaunchRequest, _ environment: [UInt8], _ callers: CallersState
  ) throws(Failure) {
    try attempting("keep the provider's port") { () throws(SystemError) in
      try Companion.start(keeping: [forwarding.client.socket.raw]) { command in
        guard (try? Capabilities.dropAll()) != nil else { Companion.end() }
        var keeper = PortKeeper(forwarding, request, environment, callers, command)
        keeper.serve(command)
      }
    }
  }

  private init(
    _ forwarding: Forwarding, _ request: LaunchRequest, _ environment: [UInt8], _ callers: CallersState, _ command: Int32
  ) {
    self.forwarding = forwarding
    self.forwarding.client.end = command
    follows = request.forward == 0
    (run, self.environment, self.callers) = (request.forwardRun, environment, callers)
    launcher = (try? Files.prefix()).map { Array("\($0)/\(Programs.helpers)/vpn-launch".utf8) }
    server = try? AnsweringSocket(address: forwarding.own.bytes, port: PortMapping.port)
    next = Companion.seconds + Self.half(forwarding.seconds)
  }

  /// At half the time (RFC 6886 §3.3).
  private static func half(_ seconds: UInt32) -> Int { max(Int(seconds) / 2, 1) }

  private mutating func serve(_ command: Int32) -> Never {
    while true {
      // In small parts: the machine may sleep meanwhile.
      let wait = min(max(next - Companion.seconds, 0), 10)
      let ready = readable([command, server?.raw ?? -1], milliseconds: Int32(wait * 1000))
      if ready == command { break }
      if ready != nil, let server, let (message, sender) = server.receive() { server.answer(answer(message), to: sender) }
      if Companion.seconds >= next { renew() }
    }
    // Who reads what the command has written must not wait for this.
    Companion.leave(0...2)
    forwarding.client.end = -1
    forwarding.client.remove(inside: forwarding.port.inside)
    Companion.end()
  }

  private mutating func renew() {
    let port = forwarding.port
    switch forwarding.client.map(inside: port.inside, wish: port.outside, milliseconds: 3000) {
    case .mapped(let outside, let seconds):
      forwarding.seconds = seconds
      next = Companion.seconds + Self.half(seconds)
      if outside == port.outside { return }
      let target = follows ? outside : port.target
      guard change(to: ForwardedPort(outside: outside, inside: port.inside, target: target)) else { return }
      tell()
    // Later, for as long as the command lives: a provider may come back.
    case .refused, .differing, .nothing: next = Companion.seconds + min(Self.half(forwarding.seconds), 15)
    }
  }

  /// The box lets it in: vpn-launch does that, for a process in a network that it has made.
  private mutating func change(to port: ForwardedPort) -> Bool {
    guard let launcher, Companion.status(of: [launcher, Array("--forwarded=\(port)".utf8)]) == 0 else { return false }
    forwarding.port = port
    return true
  }

  private func tell() {
    guard let run else { return }
    let number = Array("\(forwarding.port.outside)".utf8)
    let callers = callers
    Companion.run(
      [Array("/bin/sh".utf8), Array("-c".utf8), run.replacing(Array("{port}".utf8), by: number)],
      environment: environment.setting("VPNRUN_PORT", to: number)
    ) { callers.restore() }
  }

  /// To a program of the command's, which asks for a port of its own: it is the one that the provider has given, for as long as the command
  /// lives.
  private mutating func answer(_ message: [UInt8]) -> [UInt8] {
    let epoch = UInt32(clamping: Companion.seconds - start)
    guard let request = PortMapping.Request(message) else { return PortMapping.Request.refusal(of: message, epoch: epoch) }
    switch request {
    case .address: return request.message(.address(forwarding.address), epoch: epoch)
    // A removal: the command may ask for it again.
    case .map(_, _, _, 0): return request.message(.mapped(outside: 0, seconds: 0), epoch: epoch)
    case .map(_, let inside, _, let seconds):
      var port = forwarding.port
      if follows, inside > 0, inside != port.target {
        port.target = inside
        if !change(to: port) { return request.message(.refused(PortMapping.outOfResources), epoch: epoch) }
      }
      guard inside == port.target else { return request.message(.refused(PortMapping.outOfResources), epoch: epoch) }
      follows = false
      return request.message(.mapped(outside: port.outside, seconds: min(seconds, forwarding.seconds)), epoch: epoch)
    }
  }
}

extension [UInt8] {
  fileprivate func replacing(_ part: [UInt8], by other: [UInt8]) -> [UInt8] {
    var rest = self[...]
    var found: [UInt8] = []
    while let byte = rest.first {
      if rest.starts(with: part) {
        found += other
        rest = rest.dropFirst(part.count)
      } else {
        found.append(byte)
        rest = rest.dropFirst()
      }
    }
    return found
  }
}
