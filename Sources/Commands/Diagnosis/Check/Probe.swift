internal import ArgumentParser
internal import Diagnosis
internal import FoundationEssentials
internal import LinuxSystem
internal import NetworkModel

/// What `vpn check` has done inside a VPN, by this program running there as a command: a line of JSON for each, and one for each answer.
enum ProbeRequest: Codable, Equatable {
  /// What a command sees.
  /// - Parameter outside: a process outside the VPN.
  case view(outside: Int32)
  /// - Parameter size: of each packet's contents, bytes; TCP sends the first packet of a connection instead.
  case send(ProbeSocket.Kind, to: String, count: Int, size: Int)
  /// An answer to a DNS query.
  case query(server: String, milliseconds: Int32)
  /// The addresses of a name, of the server's family, as the server gives them.
  case addresses(of: String, server: String, port: UInt16, milliseconds: Int32)
  /// An answer to an ICMP echo of that many bytes, IP header included, which may not be fragmented.
  case echo(String, size: Int, milliseconds: Int32)
  case bindToLink(String)
  /// A datagram with a source that is another machine's.
  case sendAs(String, to: String)
  case connectAbstract(String)
}

extension ProbeSocket.Kind: Codable {}

struct ProbeReply: Codable, Equatable {
  /// What the kernel or the network said against it.
  var error: String?
  /// TCP's answer.
  var isReset = false
  var isAnswered = false
  /// Packets that were sent.
  var count = 0
  var view: InsideView?
  var addresses: [String] = []
}

struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe-inside", abstract: "Not for use by hand: what `vpn check` does inside a VPN.", shouldDisplay: false)

  func run() throws {
    while let line = readLine() {
      let request = try JSONDecoder().decode(ProbeRequest.self, from: Data(line.utf8))
      try Output.standard.write(jsonText(request.perform(), inOneLine: true))
    }
  }
}

extension ProbeRequest {
  func perform() -> ProbeReply {
    do throws(SystemError) { return try carriedOut() } catch { return ProbeReply(error: error.reason) }
  }

  /// How long a refusal is waited for, in milliseconds: it comes from the box, or from the command's own network, and a check has five such waits.
  private static let patience: Int32 = 100

  private func carriedOut() throws(SystemError) -> ProbeReply {
    switch self {
    case .view(let outside):
      let sockets = (ResolverFacts.doors.keys.sorted() + [ResolverFacts.bus]).filter { Files.exists($0) }
      let seesOutside = (try? Files.target(ofLink: "/proc/\(outside)/ns/net")) != nil
      return ProbeReply(
        view: InsideView(
          links: Look.text("/proc/net/dev") ?? "", routes4: Look.text("/proc/net/route") ?? "",
          routes6: Look.text("/proc/net/ipv6_route") ?? "", resolver: Look.text("/etc/resolv.conf") ?? "",
          nsswitch: Look.text("/etc/nsswitch.conf") ?? "", sockets: sockets, seesOutside: seesOutside))
    case .send(let kind, let to, let count, let size):
      guard let address = IPAddress(to) else { return ProbeReply(error: "no address") }
      let socket = try ProbeSocket(kind, isIPv6: address.family == .v6)
      // 9 is discard(7): nobody answers.
      try socket.connect(to: address.bytes, port: 9)
      guard kind != .tcp else {
        let refusal = socket.refusal(within: Self.patience)
        return ProbeReply(error: refusal?.reason, isReset: refusal?.isRefused == true, count: 1)
      }
      let bytes = kind == .icmp ? Self.echoRequest(address.family, size) : [UInt8](repeating: 0, count: size)
      var reply = ProbeReply()
      for _ in 0..<count {
        do throws(SystemError) { try socket.send(bytes) } catch {
          // It may have been the network's answer to an earlier one, which is said once.
          reply.error = error.reason
          do throws(SystemError) { try socket.send(bytes) } catch { return reply }
        }
        reply.count += 1
      }
      reply.error = socket.refusal(within: Self.patience)?.reason ?? reply.error
      return reply
    case .query(let server, let milliseconds):
      guard let address = IPAddress(server) else { return ProbeReply(error: "no address") }
      let socket = try ProbeSocket(.udp, isIPv6: address.family == .v6)
      let query = NameQuery(id: .random(in: .min ... .max), name: Array("example.com".utf8), family: .v4)
      try socket.connect(to: address.bytes, port: 53)
      try socket.send(query.bytes)
      while let answer = try socket.receive(within: milliseconds) {
        // Whatever it says of the name, it is an answer.
        if answer.starts(with: query.bytes.prefix(2)), answer.count > 3, answer[2] & 0x80 != 0 { return ProbeReply(isAnswered: true) }
      }
      return ProbeReply()
    case .addresses(let name, let server, let port, let milliseconds):
      guard let address = IPAddress(server) else { return ProbeReply(error: "no address") }
      let socket = try ProbeSocket(.udp, isIPv6: address.family == .v6)
      let query = NameQuery(id: .random(in: .min ... .max), name: Array(name.utf8), family: address.family)
      try socket.connect(to: address.bytes, port: port)
      // One may be lost.
      for _ in 0..<2 {
        try socket.send(query.bytes)
        while let message = try socket.receive(within: milliseconds / 2) {
          if let found = query.addresses(in: message) { return ProbeReply(isAnswered: true, addresses: found.map(\.description)) }
        }
      }
      return ProbeReply()
    case .echo(let to, let size, let milliseconds):
      guard let address = IPAddress(to) else { return ProbeReply(error: "no address") }
      let socket = try ProbeSocket(.icmp, isIPv6: address.family == .v6)
      try socket.forbidFragments()
      try socket.connect(to: address.bytes, port: 0)
      try socket.send(Self.echoRequest(address.family, size - (address.family == .v4 ? 28 : 48)))
      return ProbeReply(isAnswered: try socket.receive(within: milliseconds) != nil)
    case .bindToLink(let name):
      try ProbeSocket(.udp, isIPv6: false).bind(toLink: name)
      return ProbeReply()
    case .sendAs(let source, let to):
      guard let source = IPAddress(source), let to = IPAddress(to) else { return ProbeReply(error: "no address") }
      let socket = try ProbeSocket(.udp, isIPv6: source.family == .v6)
      try socket.bind(to: source.bytes, foreign: true)
      try socket.connect(to: to.bytes, port: 9)
      try socket.send([0])
      return ProbeReply()
    case .connectAbstract(let name):
      _ = try AbstractSocket.connected(to: name)
      return ProbeReply()
    }
  }

  /// Without identifier and checksum, which the kernel writes.
  /// - Parameter size: of what stands behind the header of eight bytes.
  private static func echoRequest(_ family: IPFamily, _ size: Int) -> [UInt8] {
    [family == .v4 ? 8 : 128, 0, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0, count: max(size, 0))
  }
}
