internal import NetworkModel

// The text which nft(8) takes and, but for its spacing, gives back.

extension FilterTable {
  var lines: [String] {
    let mark = comment.map { ["comment \"\($0)\""] } ?? []
    let content = mark + sets.flatMap { $0.lines } + (flowtable?.lines ?? []) + chains.flatMap { $0.lines }
    return ["table inet \(name) {"] + content.map { "  " + $0 } + ["}"]
  }

  /// Lines of a shell for those of its rules that are in no text of a table: each is added in the first of its spellings that nft(8) reads.
  func laterLines(_ run: String) -> [String] {
    var lines: [String] = []
    for chain in chains {
      for rule in chain.laterRules {
        if lines.isEmpty {
          lines.append("# nft of Debian 12 reads the first of two spellings, that of Debian 13 the second, which does the same.")
        }
        let start = "\(run)nft 'add rule inet \(name) \(chain.name) "
        lines.append("\(start)\(rule.text(.first))'\(rule.hasTwoSpellings ? " 2>/dev/null ||" : "")")
        if rule.hasTwoSpellings { lines.append("  \(start)\(rule.text(.second))'") }
      }
    }
    return lines
  }
}

/// nft 1.0.6 takes bytes of a packet for an address, nft 1.1.3 refuses them as integers, but not where a port follows them.
private enum RuleSpelling { case first, second }

extension PortGuard {
  var lines: [String] {
    let rules = addresses.flatMap { address -> [String] in
      let family = address.family.header
      let icmp = "meta protocol \(family) meta l4proto \(address.family == .v4 ? "icmp icmp" : "ipv6-icmp icmpv6") type"
      let isOther = "\(family) saddr != \(address) drop"
      let quoted = address.family == .v4 ? "icmp @th,192,32" : "ipv6-icmp @th,256,128"
      let end = [
        "meta protocol \(family) meta l4proto \(quoted) \(hexadecimal(address.bytes)) accept", "\(icmp) >= 0 drop",
        "meta protocol \(family) meta l4proto >= 0 accept",
      ]
      switch address.family {
      case .v4:
        return ["arp saddr ether \(mac) arp saddr ip \(address) accept", isOther, "ip frag-off & 0x1fff != 0 accept"]
          + Self.echoes.map { "\(icmp) \($0) accept" } + end
      case .v6:
        return [isOther, "meta protocol ip6 frag frag-off != 0 accept"] + Self.routersTypes.map { "\(icmp) \($0) drop" } + [
          "\(icmp) \(Self.advertisement) icmpv6 taddr != \(address) drop", "\(icmp) >= \(Self.firstOfNoError) accept",
        ] + end
      }
    }
    let more = others.map { "\($0.family == .v4 ? "ip" : "ip6") saddr \($0) accept" }
    return [
      "add table netdev \(Names.table)",
      "add chain netdev \(Names.table) \(link) { type filter hook ingress device \"\(link)\" priority 0; policy drop; }",
      "flush chain netdev \(Names.table) \(link)",
    ] + (["ether saddr != \(mac) drop"] + rules + more).map { "add rule netdev \(Names.table) \(link) \($0)" }
  }
}

extension Flowtable {
  fileprivate var lines: [String] {
    let links = links.map { "\"\($0)\"" }.joined(separator: ", ")
    return ["flowtable \(name) {", "  hook ingress priority 0;", "  devices = { \(links) };", "}"]
  }
}

extension FilterSet {
  fileprivate var lines: [String] {
    let (type, elements): (String, [String]) =
      switch content {
      case .addresses(let family, let prefixes): ("type \(family.type); flags constant, interval;", prefixes.map { $0.text })
      case .users(let numbers): ("type uid; flags constant;", numbers.map { "\($0)" })
      case .groups(let numbers): ("type gid; flags constant;", numbers.map { "\($0)" })
      case .connections(let family, let key):
        (
          "type \(family.type)\(key == .source ? "" : " . \(family.type) . inet_service"); size \(FilterSet.maximumOfConnections); flags dynamic;",
          []
        )
      }
    let content = elements.isEmpty ? [] : ["  elements = { \(elements.joined(separator: ", ")) }"]
    return ["set \(name) {", "  \(type)"] + content + ["}"]
  }
}

extension FilterChain {
  fileprivate var lines: [String] {
    var lines = ["chain \(name) {"]
    if let base {
      lines.append(
        "  type \(base.kind.name) hook \(base.hook.name) priority \(base.priority); policy \(base.dropsByDefault ? "drop" : "accept");"
      )
    }
    for rule in rules.dropLast(laterRules.count) { lines.append("  \(rule.text(.first))") }
    return lines + ["}"]
  }

  /// From the first on that has two spellings: they keep their order.
  fileprivate var laterRules: ArraySlice<FilterRule> { rules.drop { !$0.hasTwoSpellings } }
}

extension FilterChain.Hook {
  fileprivate var name: String {
    switch self {
    case .prerouting: "prerouting"
    case .input: "input"
    case .forward: "forward"
    case .output: "output"
    case .postrouting: "postrouting"
    }
  }
}

extension FilterRule {
  /// A port needs its transport before it, as in `udp dport 53`.
  fileprivate func text(_ spelling: RuleSpelling) -> String {
    var words: [String] = []
    var transport: Transport?
    for (i, statement) in statements.enumerated() {
      if case .transport(let t) = statement {
        transport = t
        if i + 1 < statements.count, statements[i + 1].isOfTransport { continue }
      }
      switch (statement, transport) {
      case (.destinationPort(let port), let transport?): words.append("\(transport.name) dport \(port)")
      case (.destinationPorts(let ports), let transport?): words.append("\(transport.name) dport \(ports.text)")
      case (.sourcePort(let port), let transport?): words.append("\(transport.name) sport \(port)")
      case (.destinationNATByPort(let base), _) where spelling == .second: words.append(base.dnatByPortSecond)
      default: words.append(statement.text)
      }
    }
    return words.joined(separator: " ")
  }

  fileprivate var hasTwoSpellings: Bool { statements.contains { if case .destinationNATByPort = $0 { true } else { false } } }
}

extension FilterStatement {
  /// It says of which transport it is.
  fileprivate var isOfTransport: Bool {
    switch self {
    case .destinationPort, .destinationPorts, .sourcePort, .icmpv6Type: true
    default: false
    }
  }
}

extension FilterStatement {
  fileprivate var text: String {
    switch self {
    case .inputLink(let name): "iifname \"\(name)\""
    case .notInputLink(let name): "iifname != \"\(name)\""
    case .outputLink(let name): "oifname \"\(name)\""
    case .notOutputLink(let name): "oifname != \"\(name)\""
    case .outputGroup(let group): "meta oifgroup \(group)"
    case .notOutputGroup(let group): "meta oifgroup != \(group)"
    case .mark(let mark): "meta mark \(mark)"
    case .markWithin(let mark, let mask): "meta mark & \(hexadecimal(mask)) == \(hexadecimal(mark))"
    case .family(let family): "meta nfproto \(family == .v4 ? "ipv4" : "ipv6")"
    case .transport(let transport): "meta l4proto \(transport.name)"
    case .nextHeader(let transport): "ip6 nexthdr \(transport.name)"
    case .source(let p): "\(p.family.header) saddr \(p.text)"
    case .notSource(let p): "\(p.family.header) saddr != \(p.text)"
    case .destination(let p): "\(p.family.header) daddr \(p.text)"
    case .destinationIn(let set, let family): "\(family.header) daddr @\(set)"
    case .userIn(let set): "meta skuid @\(set)"
    case .groupIn(let set): "meta skgid @\(set)"
    case .sentByProcess: "meta skuid != 4294967295"
    case .destinationPort(let port): "th dport \(port)"
    case .destinationPorts(let ports): "th dport \(ports.text)"
    case .sourcePort(let port): "th sport \(port)"
    case .icmpv6Type(let type): "icmpv6 type \(type)"
    case .quoting(let p): p.quoted
    case .new: "ct state new"
    case .connectionsOver(let count, let set, let family, let key):
      "add @\(set) { \(family.header) saddr\(key == .source ? "" : " . \(family.header) daddr . th dport") ct count over \(count) }"
    case .rateOver(let count, let burst): "limit rate over \(count)/second burst \(burst) packets"
    case .established: "ct state established,related"
    case .answering: "ct direction reply"
    case .asking: "ct direction original"
    case .connecting: "tcp flags & (syn | rst) == syn"
    case .clampSegmentSizeToRoute: "tcp option maxseg size set rt mtu"
    case .connectionMark(let mark): "ct mark \(mark)"
    case .setMark(let mark): "meta mark set \(mark)"
    case .setConnectionMark(let mark): "ct mark set \(mark)"
    case .markConnection: "ct mark set meta mark"
    case .markFromConnection: "meta mark set ct mark"
    case .counter: "counter"
    case .offload(let flowtable): "flow add @\(flowtable)"
    case .jump(let chain): "jump \(chain)"
    case .accept: "accept"
    case .drop: "drop"
    case .leave: "return"
    case .rejectWithReset: "reject with tcp reset"
    case .reject: "reject with icmpx type admin-prohibited"
    case .sourceNAT(let address): "snat \(address.family.header) to \(address)"
    case .destinationNAT(let address): "dnat \(address.family.header) to \(address)"
    case .destinationNATToPort(let address, let port):
      "dnat \(address.family.header) to \(address.family == .v4 ? "\(address)" : "[\(address)]"):\(port)"
    case .destinationNATByPort(let base): base.dnatByPort
    case .masquerade: "masquerade"
    }
  }
}

extension ClosedRange<UInt16> {
  fileprivate var text: String { "\(lowerBound)-\(upperBound)" }
}

extension IPFamily {
  fileprivate var header: String { self == .v4 ? "ip" : "ip6" }
  fileprivate var type: String { self == .v4 ? "ipv4_addr" : "ipv6_addr" }
}

extension Prefix {
  fileprivate var text: String { isHost ? address.description : network.description }
}

extension Prefix {
  /// Whole bytes of it, or all of it with a mask, as nft(8) writes what it has no name for: by bits behind the transport's header.
  fileprivate var quoted: String {
    let bytes = network.address.bytes
    let (whole, rest) = (Int(length / 8), length % 8)
    let isWhole = rest == 0 && whole > 0
    let start =
      "meta nfproto \(family == .v4 ? "ipv4 @th,192" : "ipv6 @th,256"),\((isWhole ? whole : bytes.count) * 8)"
    if isWhole { return "\(start) \(hexadecimal(Array(bytes.prefix(whole))))" }
    let mask: [UInt8] = bytes.indices.map { $0 < whole ? 0xff : $0 == whole ? ~(0xff >> rest) : 0 }
    return "\(start) & \(hexadecimal(mask)) == \(hexadecimal(bytes))"
  }
}

extension IPAddress {
  fileprivate var dnatByPort: String { "dnat \(family.header) to \(withPort)" }

  /// With the packet's own port besides. nft has 16 bytes of registers for both: behind an address of IPv6 it takes what is in the next,
  /// where the hash, which is always 0, has put the port.
  fileprivate var dnatByPortSecond: String {
    family == .v4 ? "dnat ip addr . port to \(withPort) . th dport" : "jhash th dport mod 1 0 dnat ip6 addr . port to \(withPort)"
  }

  /// As nft(8) writes it: a mask that lets the port through and is all ones where the address has one.
  private var withPort: String {
    let ports: Range<Int> = family == .v4 ? 2..<4 : 10..<12
    let mask = bytes.indices.map { ports.contains($0) ? 0xff : bytes[$0] }
    return "\(family == .v4 ? "@th,0,32" : "@nh,256,128") & \(hexadecimal(mask)) | \(hexadecimal(bytes))"
  }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  var digits = ""
  for byte in bytes { digits += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
  let short = digits.utf8.drop { $0 == 0x30 }
  return "0x" + (short.isEmpty ? "0" : String(decoding: Array(short), as: UTF8.self))
}

private func hexadecimal(_ number: UInt32) -> String { "0x" + String(number, radix: 16) }
