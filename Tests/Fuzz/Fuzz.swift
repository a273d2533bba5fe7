// What libFuzzer calls with its inputs (`make fuzz`, docs/fuzzing.md). VPNRUN_FUZZ says which parser gets them.
//
// A parser may refuse whatever it likes. It must not trap or read what is not its own, and what it takes must say the same again.
import CLinux
import LinuxSystem
import NetworkModel
import NetworkPlan
import Profile

@testable import KernelNetwork
@testable import Netlink

enum Target: String, CaseIterable {
  case profile, words, netlink, dns, alias, uapi

  func run(_ input: [UInt8]) {
    switch self {
    case .profile: tryProfile(input)
    case .words: tryWords(input)
    case .netlink: tryNetlink(input)
    case .dns: tryDNS(input)
    case .alias: tryAlias(input)
    case .uapi: _ = WireGuardUAPI.peers(in: input)
    }
  }
}

private let target: Target = {
  guard let value = unsafe getenv("VPNRUN_FUZZ"), let target = Target(rawValue: unsafe String(cString: value)) else {
    fatalError("VPNRUN_FUZZ must be one of \(Target.allCases.map(\.rawValue))")
  }
  return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  // A copy of just this size, so that AddressSanitizer sees what reads beyond it.
  target.run(unsafe Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

/// Profiles: users' files, read by root.
private func tryProfile(_ input: [UInt8]) {
  let again = Profile.rewritten(input, id: 7)
  do throws(ProfileErrors) { _ = try Profile.parse(input) } catch {
    _ = error.text(file: "fuzz.conf")
    return
  }
  do throws(ProfileErrors) {
    let id = try Profile.parse(again).id
    precondition(id == 7, "rewritten with ID 7, read as \(id.map { String($0) } ?? "none")")
  } catch { fatalError("refused once rewritten: \(error.text(file: "fuzz.conf"))") }
}

/// The values in a capable program's request, and in the answers of wg(8) and ip(8).
private func tryWords(_ input: [UInt8]) {
  if let name = VPNName(input) { precondition(name.description.utf8.elementsEqual(input)) }
  if let prefix = Prefix(input) { precondition(Prefix(prefix.description) == prefix) }
  if let address = IPAddress(input) { precondition(IPAddress(address.description) == address) }
  if let key = WireGuardKey(base64: input) { precondition(WireGuardKey(bytes: key.bytes) == key) }
  _ = (UInt32(decimal: input), UInt8(decimal: input), UInt64(hexadecimal: input), Int32(decimal: input))
  _ = nsswitchWithoutForeignResolvers(input)
}

/// What a socket gets from the kernel.
private func tryNetlink(_ input: [UInt8]) {
  guard let messages = try? Message.split(input[...]) else { return }
  for message in messages {
    _ = message.acknowledgement
    _ = LinkState(message)
    _ = RouteState(message, table: 254)
    _ = RuleState(message)
    for a in message.attributes(after: genlmsghdr.self) where a.type == UInt16(WGDEVICE_A_PEERS.rawValue) {
      for entry in a.nested { _ = WireGuardPeerStatus(entry.nested) }
    }
    readAll(Attributes(message.body), depth: 0)
  }
}

private func readAll(_ attributes: Attributes, depth: Int) {
  for a in attributes {
    _ = (a.uint8, a.uint16, a.uint32, a.uint64, a.text, IPAddress(bytes: a.value), Endpoint(socketAddress: Array(a.value)))
    if depth < 8 { readAll(a.nested, depth: depth + 1) }
  }
}

private let queries = IPFamily.allCases.map { NameQuery(id: 0x1234, name: Array("vpn.example".utf8), family: $0) }

/// What a name server sends. The query's own beginning is put before it, lest the fuzzer spend its time on guessing it.
private func tryDNS(_ input: [UInt8]) {
  for query in queries {
    _ = query.addresses(in: input)
    guard input.count >= 4 else { continue }
    var answer = query.bytes
    answer[2] = 0x81
    answer.replaceSubrange(6..<8, with: input[..<2])
    for address in query.addresses(in: answer + input[2...]) ?? [] { precondition(address.family == query.family) }
  }
}

/// What links are labelled with, which any process with CAP_NET_ADMIN can write.
private func tryAlias(_ input: [UInt8]) {
  let text = String(decoding: input, as: UTF8.self)
  if let identity = Identity(name: VPNName("home")!, alias: text, addresses: []) {
    precondition(Identity(name: identity.name, alias: identity.alias, addresses: [])?.alias == identity.alias)
  }
  if let permission = Permission(alias: text) { precondition(Permission(alias: permission.alias) == permission) }
  if let occupant = Occupant(alias: text) { precondition(Occupant(alias: occupant.alias) == occupant) }
}
