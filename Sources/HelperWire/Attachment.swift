public import NetworkModel

/// A network namespace that was there before, and what is said of it. The program that asks has opened it, with the caller's own rights:
/// no path crosses the line to a program with capabilities, and what is looked at is what is used.
public struct Attachment: Equatable, Sendable {
  /// Its descriptor, 3 or higher.
  public var namespace: Int32?
  /// How the port's other end is called in it; `nil`: as that of a command.
  public var link: ByteString?
  /// By which it is known: `vpn ps`, `vpn detach`.
  public var label: ByteString?
  /// Of a process in it, if the caller has named one; 0 otherwise. For people only.
  public var pid: UInt32 = 0
  /// Other links stay, for the networks that they have and for these; `nil`: there must be none.
  public var kept: [Prefix]?

  /// Ports that are let in to it from the VPN.
  public var inbound: [TransportPort] = []

  public init() {}

  /// It is written on the port, and so not longer than that allows.
  public static func isInbound(_ ports: [TransportPort]) -> Bool { TransportPort.text(ports).utf8.count <= TransportPort.maximumOfText }
  public static let inboundRule = "--inbound takes at most \(TransportPort.maximumOfText) characters here, which are 14 ports or more"

  /// Printable, of one word or more, and short. A number is a process wherever a label may stand, too.
  public static func isLabel(_ text: some BidirectionalCollection<UInt8>) -> Bool {
    (1...labelLength).contains(text.count) && text.allSatisfy { (0x20...0x7e).contains($0) } && text.first != 0x20 && text.last != 0x20
      && text.first != 0x2d && Int32(decimal: text) == nil
  }
  public static let labelLength = 60
  public static let labelRule =
    "a label has 1 to 60 printable characters of ASCII, without a space or - before them or a space behind, and is no number"

  /// A link's name that means nothing else: not `lo`, no pattern, no path.
  public static func isLink(_ text: some Collection<UInt8>) -> Bool {
    (1...15).contains(text.count) && text.first != 0x2d && text.first != 0x2e && !text.elementsEqual("lo".utf8)
      && text.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x2d || byte == 0x2e
          || byte == 0x5f
      }
  }
  public static let linkRule = "a link's name has 1 to 15 letters, digits, `_`, `.` and `-`, and is not lo"

  /// - Returns: whether it is one of these options, for the first time.
  mutating func read(_ word: [UInt8]) -> Bool {
    func value(_ option: String) -> ArraySlice<UInt8>? {
      word.starts(with: option.utf8) ? word.dropFirst(option.utf8.count) : nil
    }
    if let text = value("--namespace=") {
      guard namespace == nil, let number = Int32(decimal: text), number > 2 else { return false }
      namespace = number
    } else if let text = value("--link=") {
      guard link == nil, Self.isLink(text) else { return false }
      link = ByteString(text)
    } else if let text = value("--label=") {
      guard label == nil, Self.isLabel(text) else { return false }
      label = ByteString(text)
    } else if let text = value("--inbound=") {
      guard inbound.isEmpty, let ports = TransportPort.list(text), Self.isInbound(ports) else { return false }
      inbound = ports
    } else if let text = value("--pid=") {
      guard pid == 0, let number = Int32(decimal: text), number > 0 else { return false }
      pid = UInt32(number)
    } else if let text = value("--beside=") {
      guard kept == nil else { return false }
      var networks: [Prefix] = []
      for part in text.split(separator: 0x2c) {
        guard let network = Prefix(part), networks.count < Self.keptCount else { return false }
        networks.append(network)
      }
      kept = networks
    } else {
      return false
    }
    return true
  }
  /// So many networks are named at most.
  public static let keptCount = 64

  /// The words that say it.
  var words: [[UInt8]] {
    var words: [[UInt8]] = []
    if let namespace { words.append(Array("--namespace=\(namespace)".utf8)) }
    if let link { words.append(Array("--link=".utf8) + Array(link.utf8)) }
    if let label { words.append(Array("--label=".utf8) + Array(label.utf8)) }
    if !inbound.isEmpty { words.append(Array("--inbound=\(TransportPort.text(inbound))".utf8)) }
    if pid != 0 { words.append(Array("--pid=\(pid)".utf8)) }
    if let kept {
      var text = "--beside="
      for (i, network) in kept.enumerated() { text += (i == 0 ? "" : ",") + network.description }
      words.append(Array(text.utf8))
    }
    return words
  }
}

/// What `vpn-link attach` answers, and `vpn attach --json` prints. Keys are added in later versions, never renamed or removed; every key is
/// always there.
///
/// | key | value |
/// |---|---|
/// | `vpn`, `label` | of which VPN it is, and as what |
/// | `link`, `mac`, `mtu` | in the namespace |
/// | `addresses`, `gateways` | with prefix lengths; one of a family each, in the same order |
/// | `dns`, `search` | servers and search domains |
/// | `resolv_conf` | the same as resolv.conf(5), or null where the VPN has no server |
/// | `port` | the other end, in the box |
/// | `kept` | networks that its other links keep, or null without `--beside` |
public struct AttachmentReport: Sendable {
  public var vpn: String
  public var label: String
  public var link: String
  public var mac: String
  public var mtu: Int
  public var addresses: [String]
  public var gateways: [String]
  public var dns: [String]
  public var search: [String]
  @Nullable public var resolvConf: String?
  public var port: String
  @Nullable public var kept: [String]?

  enum CodingKeys: String {
    case vpn, label, link, mac, mtu, addresses, gateways, dns, search, port, kept
    case resolvConf = "resolv_conf"
  }

  public init(
    vpn: String, label: String, link: String, mac: String, mtu: Int, addresses: [String], gateways: [String], dns: [String],
    search: [String], resolvConf: String?, port: String, kept: [String]?
  ) {
    (self.vpn, self.label, self.link, self.mac, self.mtu, self.port) = (vpn, label, link, mac, mtu, port)
    (self.addresses, self.gateways, self.dns, self.search) = (addresses, gateways, dns, search)
    self.resolvConf = resolvConf
    self.kept = kept
  }

  public var wire: String {
    func key(_ key: CodingKeys) -> String { key.rawValue }
    return JSON.object([
      (key(.vpn), JSON.string(vpn)), (key(.label), JSON.string(label)), (key(.link), JSON.string(link)), (key(.mac), JSON.string(mac)),
      (key(.mtu), "\(mtu)"), (key(.addresses), JSON.strings(addresses)), (key(.gateways), JSON.strings(gateways)),
      (key(.dns), JSON.strings(dns)), (key(.search), JSON.strings(search)),
      (key(.resolvConf), resolvConf.map { JSON.string($0) } ?? "null"), (key(.port), JSON.string(port)),
      (key(.kept), kept.map { JSON.strings($0) } ?? "null"),
    ])
  }
}

#if !hasFeature(Embedded)
extension AttachmentReport.CodingKeys: CodingKey {}
extension AttachmentReport: Codable, Equatable {}
#endif
