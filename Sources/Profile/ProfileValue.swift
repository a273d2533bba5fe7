internal import NetworkModel

/// Why a part of a value is not taken. `sentence` says what is wrong and what would be right.
struct Refusal: Error {
  let sentence: String
  init(_ sentence: String) { self.sentence = sentence }
}

/// One function for each kind of value: text to value, or a refusal. None of them repeats its text, which may be a secret.
enum ProfileValue {
  /// - Parameter program: the one which prints such keys.
  private static func key(_ text: Text, from program: String) throws(Refusal) -> WireGuardKey {
    guard text.count == 44 else {
      throw Refusal("not a key, which has 44 characters, not \(text.count); write it as \(program) prints it")
    }
    guard let key = WireGuardKey(base64: text) else {
      throw Refusal("not a key: not base64 of 32 bytes; write it as \(program) prints it")
    }
    return key
  }

  static func privateKey(_ text: Text) throws(Refusal) -> WireGuardKey {
    let key = try key(text, from: "wg genkey")
    guard !key.isZero else { throw Refusal("a key of zeros; write the one given to you, or wg genkey's") }
    return key
  }

  static func publicKey(_ text: Text) throws(Refusal) -> WireGuardKey {
    let key = try key(text, from: "wg pubkey")
    guard !key.isZero else { throw Refusal("a key of zeros; write the peer's") }
    return key
  }

  /// - Returns: `nil` for zeros.
  static func presharedKey(_ text: Text) throws(Refusal) -> WireGuardKey? {
    let key = try key(text, from: "wg genpsk")
    return key.isZero ? nil : key
  }

  /// Decimal, or hexadecimal after `0x`.
  /// - Parameter right: what to write instead, after "write ".
  static func number<Number: FixedWidthInteger & UnsignedInteger>(
    _ text: Text, in range: ClosedRange<Number>, hexadecimal: Bool = false, right: String? = nil
  ) throws(Refusal) -> Number {
    let right = right ?? "a number from \(range.lowerBound) to \(range.upperBound)"
    let isHexadecimal = hexadecimal && text.starts(with: "0x".utf8)
    let number = isHexadecimal ? Number(hexadecimal: text.dropFirst(2)) : Number(decimal: text)
    guard let number, range.contains(number) else {
      let rest = isHexadecimal ? text.dropFirst(2) : text
      let isNumber = !rest.isEmpty && rest.allSatisfy { $0.isDigit || (isHexadecimal && (0x61...0x66).contains($0.lowercase)) }
      throw Refusal("\(isNumber ? "out of range" : "not a number"); write \(right)")
    }
    return number
  }

  /// As `number`, for what ip(8) reads: there a leading zero means octal, which is not meant.
  private static func numberOfIP(_ text: Text, in range: ClosedRange<UInt32>, right: String? = nil) throws(Refusal) -> UInt32 {
    if text.count > 1, text.first == UInt8(ascii: "0"), text.dropFirst().allSatisfy({ $0.isDigit }) {
      throw Refusal("octal to ip(8) by its leading zero; write it without")
    }
    return try number(text, in: range, hexadecimal: true, right: right)
  }

  static func id(_ text: Text) throws(Refusal) -> UInt8 { try number(text, in: Profile.identifiers) }
  static func priority(_ text: Text) throws(Refusal) -> UInt32 { try number(text, in: Profile.priorities) }
  static func mtu(_ text: Text) throws(Refusal) -> UInt32 { try numberOfIP(text, in: 576...65535) }

  /// - Returns: `nil` for 0.
  static func listenPort(_ text: Text) throws(Refusal) -> UInt16? {
    let port = try number(text, in: 0...UInt16.max, right: "a port from 1 to 65535, or 0 for any")
    return port == 0 ? nil : port
  }

  /// - Returns: `nil` for 0 and `off`.
  static func mark(_ text: Text) throws(Refusal) -> UInt32? {
    let right = "off or a number from 1 to \(UInt32.max), hexadecimal after 0x"
    let mark = text.matches("off") ? 0 : try number(text, in: 0...UInt32.max, hexadecimal: true, right: right)
    return mark == 0 ? nil : mark
  }

  /// - Returns: `nil` for 0 and `off`.
  static func keepalive(_ text: Text) throws(Refusal) -> UInt16? {
    let seconds = text.matches("off") ? 0 : try number(text, in: 0...UInt16.max, right: "seconds from 1 to 65535, or off")
    return seconds == 0 ? nil : seconds
  }

  /// - Parameter wrong: the sentence for text that is neither an address nor an address with a length.
  static func prefix(_ text: some Collection<UInt8>, wrong: String) throws(Refusal) -> Prefix {
    if let prefix = Prefix(text) { return prefix }
    let parts = text.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPAddress(parts[0]) else { throw Refusal(wrong) }
    throw Refusal("not a length of \(address.family == .v4 ? "IPv4" : "IPv6"); write /0 to /\(address.family.width)")
  }

  /// wg-quick: `Address` is what `ip address add` takes.
  static func address(_ text: Text) throws(Refusal) -> Prefix {
    let prefix = try prefix(text, wrong: "not an address; write IPv4 or IPv6, with an optional /length")
    guard prefix.address.isUnicast else { throw Refusal("not an address that a machine can have; write the one given to you for this VPN") }
    return prefix
  }

  /// `AllowedIPs`, `Networks`: host bits are dropped.
  static func network(_ text: Text) throws(Refusal) -> Prefix {
    guard let prefix = Prefix(text.squeezed) else {
      if text.contains(where: { $0.isBlank }) { throw Refusal("not a network; write commas between several") }
      return try prefix(text, wrong: "not a network; write IPv4 or IPv6, with an optional /length")
    }
    return prefix.network
  }

  enum Resolver {
    case server(IPAddress)
    case search(DomainName)
  }

  /// wg-quick: addresses are servers, anything else is a search domain.
  static func resolver(_ text: Text) throws(Refusal) -> Resolver {
    if let address = IPAddress(text) {
      guard address.isUnicast else { throw Refusal("not an address that the VPN can reach; write its resolver's") }
      return .server(address)
    }
    if let scheme = ["dns+tls://", "tls://", "https://", "dns+https://", "quic://"].first(where: { text.starts(with: $0.utf8) }) {
      let what = scheme.utf8.contains(UInt8(ascii: "h")) ? "DNS over HTTPS" : "DNS over TLS or QUIC"
      throw Refusal("\(what), which glibc's resolver does not speak; write the server's address alone, the tunnel encrypts")
    }
    if text.contains(UInt8(ascii: ":")) || text.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }) {
      throw Refusal("not an address; write IPv4, IPv6 or a search domain")
    }
    guard let name = DomainName(text) else { throw Refusal("neither an address nor a search domain; \(DomainName.rule)") }
    return .search(name)
  }

  /// `Table`: a number, `auto`, `off`.
  static func table(_ text: Text) throws(Refusal) -> RoutingTable {
    if text.matches("auto") { return .auto }
    if text.matches("off") { return .off }
    let systems = ["default", "main", "local"].contains { text.matches($0) }
    let number = systems ? Tables.main : try numberOfIP(text, in: 1...UInt32.max, right: "auto, off or a number from 1 to \(UInt32.max)")
    guard !Tables.areTheSystems(number) else {
      throw Refusal("a table of the system's, where the VPN would take the whole machine's traffic; write auto, off or another number")
    }
    return .number(number)
  }

  static func subnet(_ text: Text) throws(Refusal) -> Prefix { try subnet(text, .v4) }
  static func subnet6(_ text: Text) throws(Refusal) -> Prefix { try subnet(text, .v6) }

  /// `Subnet`: addresses are numbered as the box's ports are, v2, v3 …, of which a bridge has 1,023; a /64 for IPv6.
  private static func subnet(_ text: Text, _ family: IPFamily) throws(Refusal) -> Prefix {
    let right = family == .v4 ? "an IPv4 network of 22 to 24 bits, like 10.20.7.0/24" : "an IPv6 network of 64 bits, like fd76:706e:7::/64"
    guard let prefix = Prefix(text), prefix.family == family, (family == .v4 ? 22...24 : 64...64).contains(prefix.length) else {
      throw Refusal("not a network for commands; write \(right)")
    }
    guard prefix.address.isUnicast, !prefix.address.isLinkLocal else { throw Refusal("not a network that can be routed; write \(right)") }
    guard prefix == prefix.network else { throw Refusal("has host bits; write \(prefix.network)") }
    return prefix
  }

  /// `Direct`: without /0, next to which nothing would be left to the VPN.
  static func direct(_ text: Text) throws(Refusal) -> Prefix {
    let network = try network(text)
    guard network.length > 0 else {
      throw Refusal("everything, and nothing would go through the VPN; write the networks that are to stay outside")
    }
    return network
  }

  /// `Relay`: a network without host bits, which would be those of one machine in it, or `snat`.
  static func relay(_ text: Text) throws(Refusal) -> Profile.Relay {
    if text.matches("snat") { return .translated }
    let network = try prefix(text, wrong: "neither a network nor snat; write IPv4 or IPv6, with a /length, and commas between several")
    guard network == network.network else { throw Refusal("has host bits; write \(network.network)") }
    guard network.length > 0, network.address.isUnicast, !network.address.isLinkLocal else {
      throw Refusal("not a network of machines behind this one; write theirs")
    }
    return .network(network)
  }

  static func keyFile(_ text: Text) throws(Refusal) -> KeyFile {
    guard let file = KeyFile(text) else {
      throw Refusal("not a file's path from the root, of letters, digits and / . _ - + @ :; write it like /run/secrets/home.key")
    }
    return file
  }

  /// `AllowUsers`, `AllowGroups`.
  static func account(_ text: Text) throws(Refusal) -> Account {
    guard let account = Account(text) else { throw Refusal("neither a name nor a number; write \(Account.rule)") }
    return account
  }

  /// One of a few words.
  private static func one<Word>(of words: [Word], _ text: Text, name: (Word) -> String) throws(Refusal) -> Word {
    if let word = words.first(where: { text.matches(name($0)) }) { return word }
    var right = ""
    for (i, word) in words.enumerated() { right += (i == 0 ? "" : i == words.count - 1 ? " or " : ", ") + name(word) }
    throw Refusal("write \(right)")
  }

  static func systemWide(_ text: Text) throws(Refusal) -> SystemWideRule { try one(of: SystemWideRule.allCases, text) { $0.name } }
  static func autostart(_ text: Text) throws(Refusal) -> Autostart { try one(of: Autostart.allCases, text) { $0.name } }

  static func yes(_ text: Text) throws(Refusal) -> Bool {
    if text.matches("yes") { return true }
    guard text.matches("no") else { throw Refusal("write yes or no") }
    return false
  }

  /// `Inbound`.
  /// - Returns: `nil` for `no`.
  static func inbound(_ text: Text) throws(Refusal) -> Inbound? {
    if text.matches("no") { return nil }
    if text.matches("all") { return .all }
    if text.matches("icmp") { return .icmp }
    let right = "no, all, icmp, or tcp/PORT and udp/PORT with a port from 1 to 65535, or with two as in 6000-6010"
    let parts = text.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let transport = [Transport.tcp, .udp].first(where: { parts[0].matches($0.name) }), parts.count == 2 else {
      throw Refusal("write \(right)")
    }
    let ends = parts[1].split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
    let first = try number(ends[0], in: 1...UInt16.max, right: right)
    let last = ends.count == 1 ? first : try number(ends[1], in: 1...UInt16.max, right: right)
    guard first <= last else { throw Refusal("the wrong way round; write the lower port first") }
    return .ports(transport, first...last)
  }

  /// `SaveConfig`.
  static func trueOrFalse(_ text: Text) throws(Refusal) {
    guard text.matches("true") || text.matches("false") else { throw Refusal("write true or false") }
  }

  /// Of hooks.
  static func anything(_ text: Text) throws(Refusal) {}

  /// `Underlay`: `main`, a number, a table's name, `vrf NAME` or `vpn NAME`.
  static func underlay(_ text: Text) throws(Refusal) -> Underlay {
    let right = "main, a number from 1 to \(UInt32.max), a table's name, vrf NAME or vpn NAME"
    if text.matches("main") { return .table(Tables.main) }
    if text.first?.isDigit == true { return .table(try numberOfIP(text, in: 1...UInt32.max, right: right)) }
    let words = text.split(maxSplits: 1) { $0.isBlank }
    if let first = words.first, first.matches("vpn") {
      guard words.count == 2, let outer = VPNName(words[1].trimmed) else {
        throw Refusal("not a VPN's name behind vpn; write \(right)")
      }
      return .vpn(outer)
    }
    guard let first = words.first, first.matches("vrf") else {
      guard isName(text, within: 64), !["local", "default", "all"].contains(where: { text.matches($0) }) else {
        throw Refusal("neither a table, a VRF nor a VPN; write \(right)")
      }
      return .named(ByteString(text))
    }
    guard words.count == 2 else { throw Refusal("the VRF's name is missing; write \(right)") }
    let name = words[1].trimmed
    guard isName(name, within: 15) else {
      throw Refusal("not a VRF's name; write 1 to 15 of A-Z a-z 0-9 _ - . after vrf, the first a letter or digit")
    }
    return .vrf(ByteString(name))
  }

  /// `Link`.
  static func link(_ text: Text) throws(Refusal) -> ByteString {
    guard isName(text, within: 15), !text.matches("lo") else {
      throw Refusal("not the name of a link that leads anywhere; write one of ip link's, 1 to 15 of A-Z a-z 0-9 _ - .")
    }
    return ByteString(text)
  }

  /// `Gateway`.
  static func gateway(_ text: Text) throws(Refusal) -> IPAddress {
    guard let address = IPAddress(text), address.isUnicast, address.family == .v6 || !address.isLinkLocal else {
      throw Refusal("not a router's address; write the one of IPv4, the one of IPv6, or both, with a comma between them")
    }
    return address
  }

  /// `VRF`.
  static func vrf(_ text: Text) throws(Refusal) -> ByteString {
    guard isName(text, within: 15) else {
      throw Refusal("not a VRF's name; write 1 to 15 of A-Z a-z 0-9 _ - ., the first a letter or digit")
    }
    return ByteString(text)
  }

  private static func isName(_ text: Text, within length: Int) -> Bool {
    let isPart = { (c: UInt8) in c.isLetter || c.isDigit || c == UInt8(ascii: "_") || c == UInt8(ascii: "-") || c == UInt8(ascii: ".") }
    return (1...length).contains(text.count) && text.allSatisfy(isPart) && text.first.map { $0.isLetter || $0.isDigit } ?? false
  }
}
