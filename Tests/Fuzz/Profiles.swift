// Users' files, read by root.
import NetworkModel

@testable import Profile

/// What `vpn import`, `edit` and vpn-link do with a file.
func tryProfile(_ input: [UInt8]) {
  let profile: Profile
  do throws(ProfileErrors) { profile = try Profile.parse(input) } catch { return tryErrors(error, of: input) }

  // Said in the plainest way, it is the same.
  check(withoutLines(parsed(Array(profile.plainText.utf8), "said plainly")) == withoutLines(profile))

  // With an ID of its own only that changes; another can meet the profile's own addresses.
  let id = profile.id ?? 7
  let rewritten = Profile.rewritten(input, id: id)
  do throws(ProfileErrors) {
    var expected = profile
    expected.id = id
    expected.hooks = []
    let again = try Profile.parse(rewritten)
    check(again == expected, "another profile once rewritten")
  } catch { check(profile.id == nil && profile.meets(id: id), "refused once rewritten: \(error)") }
  check(Profile.rewritten(rewritten, id: id) == rewritten, "rewritten twice")
}

private func tryErrors(_ errors: ProfileErrors, of input: [UInt8]) {
  let text = Array(errors.text(file: "fuzz.conf").utf8)
  check((1...ProfileErrors.maximumCount).contains(errors.errors.count))
  check(!text.hasControlCharacters, "a control character")
  let lines = input.split(separator: 0x0a, omittingEmptySubsequences: false)
  var last = (1, 1)
  for error in errors.errors {
    check(last <= (error.line, error.column), "not in order")
    last = (error.line, error.column)
    check(error.line <= lines.count && error.column <= lines[error.line - 1].count + 1, "beyond the line")
  }
  for secret in secrets(in: input) { check(text.count(of: secret) == 0, "a secret is told") }
}

/// What `vpn show`, `export` and `new` do with its text, be it a profile or not.
func trySource(_ input: [UInt8]) {
  let source = ProfileSource(input)
  let shown = Array(source.text(secrets: false).utf8)
  check(!source.text(secrets: true).utf8.hasControlCharacters, "a control character")
  check(shown.count(where: { $0 == 0x0a }) == source.lines.count)
  for secret in secrets(in: input) { check(shown.count(of: secret) == 0, "a secret is shown") }
  guard let profile = try? Profile.parse(input) else { return }

  let exported = source.forWGQuick
  check(ProfileSource(exported).forWGQuick == exported, "exported twice")

  // A secret may be spelt in many ways, and a comment may repeat it.
  let secrets = [profile.privateKey] + profile.peers.map(\.presharedKey)
  for case let key? in secrets where !profile.peers.contains(where: { $0.publicKey == key }) {
    check(shown.count(of: Array(key.base64.utf8)) == 0, "a key is shown")
  }
  var expected = profile
  expected.forgetOwnSection()
  let clean = parsed(exported, "exported")
  if source.lines.contains(where: { $0.isOwnDNS }) { (expected.dns, expected.search) = (clean.dns, clean.search) }
  check(withoutLines(clean) == withoutLines(expected), "another profile once exported")
}

extension ProfileSource.Line {
  /// `DNS` of [VPN], behind which the provider's appears.
  fileprivate var isOwnDNS: Bool {
    if case .key(.ownDNS, _) = content { true } else { false }
  }
}

private func parsed(_ text: [UInt8], _ what: String) -> Profile {
  do throws(ProfileErrors) { return try Profile.parse(text) } catch { fatalError("refused once \(what): \(error)") }
}

private func withoutLines(_ profile: Profile) -> Profile {
  var profile = profile
  for i in profile.hooks.indices { profile.hooks[i].line = 0 }
  return profile
}

/// What stands behind `PrivateKey =` and `PresharedKey =` and is nowhere else in the file; 20 characters or more, as words of ours have less.
func secrets(in file: [UInt8]) -> [[UInt8]] {
  var found: [[UInt8]] = []
  for line in file.split(separator: 0x0a) {
    guard let equals = line.firstIndex(of: 0x3d) else { continue }
    let key = line[..<equals].filter { $0 != 0x20 && $0 != 0x09 }.map { $0 | 0x20 }
    guard key.elementsEqual("privatekey".utf8) || key.elementsEqual("presharedkey".utf8) else { continue }
    let value = line[(equals + 1)...].drop { $0 == 0x20 || $0 == 0x09 }.prefix { (0x30...0x7a).contains($0) || $0 == 0x2b || $0 == 0x2f }
    if value.count >= 20, file.count(of: Array(value)) == 1 { found.append(Array(value)) }
  }
  return found
}

extension Profile {
  /// Whether what follows from that ID is in the profile's own way.
  fileprivate func meets(id: UInt8) -> Bool {
    let subnets = (subnet == nil ? [Self.defaultSubnet(id: id)] : []) + (subnet6 == nil ? [Self.defaultSubnet6(id: id)] : [])
    return subnets.contains { subnet in addresses.contains { subnet.contains($0.address) } || dns.contains { subnet.contains($0) } }
      || underlay == .table(UInt32(id))
  }

  fileprivate mutating func forgetOwnSection() {
    self = Profile(
      privateKey: privateKey, privateKeyFile: privateKeyFile, addresses: addresses, dns: dns, search: search, mtu: mtu,
      listenPort: listenPort, fwmark: fwmark, table: table, peers: peers, hooks: hooks)
  }

  fileprivate var plainText: String {
    var lines = ["[Interface]"]
    if let privateKey { lines.append("PrivateKey = \(privateKey.base64)") }
    if let privateKeyFile { lines.append("PrivateKeyFile = \(privateKeyFile)") }
    lines += addresses.map { "Address = \($0)" } + dns.map { "DNS = \($0)" } + search.map { "DNS = \($0)" }
    if let mtu { lines.append("MTU = \(mtu)") }
    if let listenPort { lines.append("ListenPort = \(listenPort)") }
    if let fwmark { lines.append("FwMark = \(fwmark)") }
    switch table {
    case .auto: lines.append("Table = auto")
    case .off: lines.append("Table = off")
    case .number(let number): lines.append("Table = \(number)")
    }
    lines += hooks.map { "\($0)" }
    for peer in peers {
      lines += ["[Peer]", "PublicKey = \(peer.publicKey.base64)"] + peer.allowedIPs.map { "AllowedIPs = \($0)" }
      if let key = peer.presharedKey { lines.append("PresharedKey = \(key.base64)") }
      if let file = peer.presharedKeyFile { lines.append("PresharedKeyFile = \(file)") }
      if let endpoint = peer.endpoint { lines.append("Endpoint = \(endpoint)") }
      if let seconds = peer.persistentKeepalive { lines.append("PersistentKeepalive = \(seconds)") }
    }
    lines.append("[VPN]")
    if let id { lines.append("ID = \(id)") }
    if let subnet { lines.append("Subnet = \(subnet)") }
    if let subnet6 { lines.append("Subnet6 = \(subnet6)") }
    lines += networks.map { "Networks = \($0)" } + direct.map { "Direct = \($0)" }
    if outsideIdentity { lines.append("OutsideIdentity = yes") }
    if !inbound.isEmpty { lines.append("Inbound = \(inbound.map { "\($0)" }.joined(separator: ", "))") }
    if !hasBox { lines.append("Box = no") }
    if let vrf { lines.append("VRF = \(vrf)") }
    if let underlay { lines.append("Underlay = \(underlay)") }
    for (key, accounts) in [("AllowUsers", users), ("AllowGroups", groups)] where !accounts.isEmpty {
      lines.append("\(key) = \(accounts.map { "\($0)" }.joined(separator: ", "))")
    }
    lines += ["SystemWide = \(systemWide.name)", "Autostart = \(autostart.name)", "Block = \(block ? "yes" : "no")"]
    if let priority { lines.append("Priority = \(priority)") }
    if let exitCheck { lines.append("ExitCheck = \(exitCheck)") }
    if let link { lines.append("Link = \(link)") }
    lines += gateways.map { "Gateway = \($0)" }
    lines += relayed.map { "Relay = \($0)" } + (translatesRelayed ? ["Relay = snat"] : [])
    return lines.joined(separator: "\n")
  }
}
