// What sockets get from the kernel.
import CLinux
import LinuxSystem
import NetworkModel
import NetworkPlan

@testable import KernelNetwork
@testable import Netlink

/// One datagram: links, routes, rules, addresses, WireGuard's peers.
func tryNetlink(_ input: [UInt8]) {
  guard let messages = try? Message.split(input[...]) else { return }
  for message in messages {
    _ = message.acknowledgement
    _ = LinkState(message)
    _ = RouteAnswer(message)
    _ = Prefix(message, ofLink: nil)
    _ = RouteState(message, table: 254)
    if let state = RuleState(message) { check((state.rule.destination?.length ?? 0) <= 128) }
    readAll(Attributes(message.body), depth: 0)
  }
  _ = WireGuardPeerStatus.all(in: messages)
}

private func readAll(_ attributes: Attributes, depth: Int) {
  for a in attributes {
    _ = (a.uint8, a.uint16, a.uint32, a.uint64, a.text, IPAddress(bytes: a.value), Endpoint(socketAddress: Array(a.value)))
    if depth < 8 { readAll(a.nested, depth: depth + 1) }
  }
}

/// Several datagrams, until one of them ends the reply.
/// - Parameter input: how many requests, and datagrams with two bytes of length before each.
func tryReply(_ input: [UInt8]) {
  let last = 1 + UInt32(input.first ?? 0) % 8
  var rest = input.dropFirst()
  var datagrams: [ArraySlice<UInt8>] = []
  while rest.count >= 2 {
    let length = Int(rest.removeFirst()) | Int(rest.removeFirst()) << 8
    datagrams.append(rest.prefix(length))
    rest = rest.dropFirst(length)
  }
  let result = outcome(of: datagrams, last)
  for message in result.reply.messages { check((1...last).contains(message.sequence) && message.type != NLMSG_DONE) }

  // It does not matter how the kernel shares its messages out.
  var single: [ArraySlice<UInt8>] = []
  for datagram in datagrams {
    guard let messages = try? Message.split(datagram) else { return }
    single += messages.map { bytes(of: $0)[...] }
  }
  let other = outcome(of: single, last)
  check(other.isComplete == result.isComplete && other.error == result.error && other.reply.isInterrupted == result.reply.isInterrupted)
  check(other.reply.messages.map(bytes(of:)) == result.reply.messages.map(bytes(of:)), "other messages")
}

private func outcome(of datagrams: [ArraySlice<UInt8>], _ last: UInt32) -> (reply: Reply, isComplete: Bool, error: SystemError?) {
  var reply = Reply(from: 1, until: last)
  do throws(SystemError) {
    for datagram in datagrams where try reply.take(datagram) { return (reply, true, nil) }
    return (reply, false, nil)
  } catch { return (reply, true, error) }
}

func bytes(of message: Message) -> [UInt8] {
  var p = Payload()
  p.append(UInt32(16 + message.body.count))
  p.append(UInt32(message.flags) << 16 | UInt32(message.type))
  p.append(message.sequence)
  p.append(UInt32(0))
  return p.bytes + message.body
}
