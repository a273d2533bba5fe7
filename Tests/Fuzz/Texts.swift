// Short texts: words of a request, of other programs' answers, of files of the host and of links' aliases.
import CLinux
import Glibc
import NetworkModel
import NetworkPlan
import Profile

@testable import KernelNetwork

func tryWords(_ input: [UInt8]) {
  if let name = VPNName(input) { check(name.description.utf8.elementsEqual(input)) }
  if let name = DomainName(input) { check(name.description.utf8.elementsEqual(input)) }
  if let prefix = Prefix(input) { check(Prefix(prefix.description) == prefix) }
  if let key = WireGuardKey(base64: input) { check(key.base64.utf8.elementsEqual(input)) }
  let address = IPAddress(input)
  if let address { check(IPAddress(address.description) == address) }
  check(address?.bytes == libc(input), "the C library reads another address")
  let digits = String(decoding: input, as: UTF8.self)
  let isDecimal = input.allSatisfy { (0x30...0x39).contains($0) }
  check(UInt32(decimal: input) == (isDecimal ? UInt32(digits) : nil))
  check(Int32(decimal: input) == (isDecimal ? Int32(digits) : nil))
  check(UInt8(decimal: input) == (isDecimal ? UInt8(digits) : nil))
  check(UInt64(hexadecimal: input) == (input.first == 0x2b || input.first == 0x2d ? nil : UInt64(digits, radix: 16)))
  if let port = TransportPort(input) { check(TransportPort(port.description.utf8) == port) }
  if let port = PublishedPort(input) { check(PublishedPort(port.description.utf8) == port) }
  if let port = ForwardedPort(input) { check(port.description.utf8.elementsEqual(input) || ForwardedPort(port.description.utf8) == port) }
  if let destination = LANDestination(input) {
    check(LANDestination(destination.description.utf8) == destination)
    check(destination.network.network == destination.network, "it has host bits")
  }
  if let list = PublishedPort.list(input) { check(PublishedPort.list(PublishedPort.text(list).utf8) == list) }
  if let list = LANDestination.list(input) { check(LANDestination.list(LANDestination.text(list).utf8) == list) }
  _ = Names.slot(ofPort: ByteString(input))
  if let changed = nsswitchWithoutForeignResolvers(input) { check(nsswitchWithoutForeignResolvers(changed) == nil) }
}

/// inet_pton(3).
private func libc(_ text: [UInt8]) -> [UInt8]? {
  guard !text.contains(0) else { return nil }
  let string = text.map { CChar(bitPattern: $0) } + [0]
  for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
    var bytes = [UInt8](repeating: 0, count: count)
    if unsafe inet_pton(family, string, &bytes) == 1 { return bytes }
  }
  return nil
}

/// NAT-PMP, from both sides: what commands send to vpn-launch, and what a provider's gateway answers.
func tryMapping(_ input: [UInt8]) {
  if let request = PortMapping.Request(input) { check(PortMapping.Request(request.bytes) == request) }
  check(PortMapping.Request.refusal(of: input, epoch: 7).count == 8)
  // The own port that an answer names, lest the fuzzer spend its time on guessing it.
  let inside = input.dropFirst(8).prefix(2).reduce(0) { $0 << 8 | UInt16($1) }
  let asked = TransportPort.transports.map { PortMapping.Request.map($0, inside: inside, outside: 0, seconds: 60) }
  for request in [.address] + asked {
    guard let answer = request.answer(in: input) else { continue }
    check(request.answer(in: request.message(answer, epoch: 7)) == answer)
    check(request.answer(in: Array(input.dropLast(input.count - 3))) == nil, "an answer of three bytes")
  }
}

/// What links are labelled with, which any process with CAP_NET_ADMIN can write.
func tryAlias(_ input: [UInt8]) {
  let text = ByteString(input)
  if let identity = Identity(name: VPNName("home")!, alias: text, addresses: []) {
    check(Identity(name: identity.name, alias: identity.alias, addresses: []) == identity)
  }
  if let permission = Permission(alias: text) { check(Permission(alias: permission.alias) == permission) }
  if let occupant = Occupant(alias: text) { check(Occupant(alias: occupant.alias) == occupant) }
  let named = Occupant(uid: 1000, pid: 42, command: text)
  check(Occupant(alias: named.alias) == named, "a command's name says more than its name")
}

/// The answer of a userspace WireGuard.
func tryUAPI(_ input: [UInt8]) {
  check((WireGuardUAPI.status(of: input) ?? 0) >= 0)
  let peers = WireGuardUAPI.peers(in: input)
  var plain = ""
  for peer in peers {
    plain += "public_key=\(peer.publicKey.hexadecimal)\n"
    if let endpoint = peer.endpoint { plain += "endpoint=\(endpoint)\n" }
    plain += "last_handshake_time_sec=\(peer.latestHandshake)\nrx_bytes=\(peer.receivedBytes)\ntx_bytes=\(peer.sentBytes)\n"
    for prefix in peer.allowedIPs { plain += "allowed_ip=\(prefix)\n" }
  }
  check(WireGuardUAPI.peers(in: Array(plain.utf8)) == peers, "said plainly, other peers")
}

/// What a name server sends. The query's own beginning is put before it, lest the fuzzer spend its time on guessing it.
/// - Parameter input: a name and LF, and the answer's code, its count of records, and what stands behind the question.
func tryDNS(_ input: [UInt8]) {
  let parts = input.split(separator: 0x0a, maxSplits: 1, omittingEmptySubsequences: false)
  let name = DomainName(parts[0])?.description ?? "vpn.example"
  let rest = Array(parts[parts.count - 1])
  for family in IPFamily.allCases {
    let query = NameQuery(id: 0x1234, name: Array(name.utf8), family: family)
    check(query.bytes.count <= 12 + 255 + 4, "a question that no server reads")
    _ = query.addresses(in: input)
    guard rest.count >= 3, let found = query.addresses(in: query.answer(code: rest[0], count: rest[1...2], records: rest[3...])) else {
      continue
    }
    check(found.allSatisfy { $0.family == family })
    var records: [UInt8] = []
    for address in found {
      // The question's name, type and class; a minute; the address.
      let head: [UInt8] = [0xc0, 12] + query.bytes.suffix(4)
      records += head + [0, 0, 0, 60, 0, UInt8(address.bytes.count)] + address.bytes
    }
    let plain = query.answer(code: 0, count: [UInt8(found.count >> 8), UInt8(found.count & 0xff)], records: records[...])
    check(query.addresses(in: plain) == found, "said plainly, another answer")
  }
}

extension NameQuery {
  /// - Parameter count: of the records, two bytes.
  fileprivate func answer(code: UInt8, count: ArraySlice<UInt8>, records: ArraySlice<UInt8>) -> [UInt8] {
    let head: [UInt8] = bytes.prefix(2) + [0x81, code, 0, 1]
    return head + count + [0, 0, 0, 0] + bytes.dropFirst(12) + records
  }
}
