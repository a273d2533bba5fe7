/// Every key that a profile may have, in the manual's order. Case does not matter in a file. `DNS` is a key of two sections.
public enum ProfileKey: Int, Equatable, Sendable, CaseIterable {
  case privateKey, privateKeyFile, address, dns, mtu, listenPort, fwMark, table, preUp, postUp, preDown, postDown, saveConfig
  case publicKey, presharedKey, presharedKeyFile, allowedIPs, endpoint, persistentKeepalive
  case id, allowUsers, allowGroups, systemWide, autostart, block, ownDNS, subnet, subnet6, networks, direct, outsideIdentity, inbound
  case relay, link, gateway, underlay, box, vrf
  case priority, exitCheck

  /// The table. Name, who else reads it, in how many lines, with or without a value, whether a message may show it, what it means; then
  /// the section, how a value or an element of a list is read, and where it goes: `$0` is the profile or the peer.
  var row: ProfileKeyRow {
    switch self {
    // [Interface]
    case .privateKey:
      .init(
        "PrivateKey", .wg, .once, .needsValue, .secret(.privateKeyFile), "this machine's private key",
        .interface(ProfileValue.privateKey) { $0.privateKey = $1 })
    case .privateKeyFile:
      .init(
        "PrivateKeyFile", .own, .once, .needsValue, .keyFile(.privateKey), "the file that has the private key in it",
        .interface(ProfileValue.keyFile) { $0.privateKeyFile = $1 })
    case .address:
      .init(
        "Address", .wgQuick, .list, .needsValue, .shown, "this machine's addresses in the VPN",
        .interface(ProfileValue.address) { $0.addresses.append($1) })
    case .dns:
      .init(
        "DNS", .wgQuick, .list, .mayBeEmpty, .shown, "the VPN's DNS servers and search domains",
        .resolvers(.interface))
    case .mtu:
      .init(
        "MTU", .wgQuick, .once, .mayBeEmpty, .shown, "the longest packet in the tunnel, in bytes",
        .interface(ProfileValue.mtu) { $0.mtu = $1 })
    case .listenPort:
      .init(
        "ListenPort", .wg, .once, .needsValue, .shown, "the UDP port of the tunnel",
        .interface(ProfileValue.listenPort) { $0.listenPort = $1 })
    case .fwMark:
      .init(
        "FwMark", .wg, .once, .needsValue, .shown, "the mark of encrypted packets",
        .interface(ProfileValue.mark) { $0.fwmark = $1 })
    case .table:
      .init(
        "Table", .wgQuick, .once, .mayBeEmpty, .shown, "the routing table of the VPN's address",
        .interface(ProfileValue.table) { $0.table = $1 })
    case .preUp:
      .init(
        "PreUp", .wgQuick, .text, .mayBeEmpty, .shown, "a command of wg-quick's, never run",
        .hook(ProfileValue.anything))
    case .postUp:
      .init(
        "PostUp", .wgQuick, .text, .mayBeEmpty, .shown, "a command of wg-quick's, never run",
        .hook(ProfileValue.anything))
    case .preDown:
      .init(
        "PreDown", .wgQuick, .text, .mayBeEmpty, .shown, "a command of wg-quick's, never run",
        .hook(ProfileValue.anything))
    case .postDown:
      .init(
        "PostDown", .wgQuick, .text, .mayBeEmpty, .shown, "a command of wg-quick's, never run",
        .hook(ProfileValue.anything))
    case .saveConfig:
      .init(
        "SaveConfig", .wgQuick, .text, .needsValue, .shown, "a switch of wg-quick's, without effect",
        .hook(ProfileValue.trueOrFalse))

    // [Peer]
    case .publicKey:
      .init(
        "PublicKey", .wg, .once, .needsValue, .hidden, "the peer's public key",
        .peer(ProfileValue.publicKey) { $0.publicKey = $1 })
    case .presharedKey:
      .init(
        "PresharedKey", .wg, .once, .needsValue, .secret(.presharedKeyFile), "a secret that the peer has, too",
        .peer(ProfileValue.presharedKey) { $0.presharedKey = $1 })
    case .presharedKeyFile:
      .init(
        "PresharedKeyFile", .own, .once, .needsValue, .keyFile(.presharedKey), "the file that has the preshared key in it",
        .peer(ProfileValue.keyFile) { $0.presharedKeyFile = $1 })
    case .allowedIPs:
      .init(
        "AllowedIPs", .wg, .networks, .mayBeEmpty, .shown, "the networks that are reached through this peer",
        .peer(ProfileValue.network) { $0.allowedIPs.append($1) })
    case .endpoint:
      .init(
        "Endpoint", .wg, .once, .needsValue, .shown, "where the peer is reached",
        .peer(ProfileValue.endpoint) { $0.endpoint = $1 })
    case .persistentKeepalive:
      .init(
        "PersistentKeepalive", .wg, .once, .needsValue, .shown, "seconds until an idle tunnel sends a packet",
        .peer(ProfileValue.keepalive) { $0.persistentKeepalive = $1 })

    // [VPN]
    case .id:
      .init(
        "ID", .own, .once, .needsValue, .shown, "what gives tables, rules, marks and subnets their numbers",
        .vpn(ProfileValue.id) { $0.id = $1 })
    case .allowUsers:
      .init(
        "AllowUsers", .own, .list, .needsValue, .shown, "the users who may use the VPN",
        .vpn(ProfileValue.account) { if !$0.users.contains($1) { $0.users.append($1) } })
    case .allowGroups:
      .init(
        "AllowGroups", .own, .list, .needsValue, .shown, "the groups whose members may use the VPN",
        .vpn(ProfileValue.account) { if !$0.groups.contains($1) { $0.groups.append($1) } })
    case .systemWide:
      .init(
        "SystemWide", .own, .once, .needsValue, .shown, "who may take the whole system up and down",
        .vpn(ProfileValue.systemWide) { $0.systemWide = $1 })
    case .autostart:
      .init(
        "Autostart", .own, .once, .needsValue, .shown, "what happens when the system starts",
        .vpn(ProfileValue.autostart) { $0.autostart = $1 })
    case .block:
      .init(
        "Block", .own, .once, .needsValue, .shown, "nothing leaves the machine before the VPN is up",
        .vpn(ProfileValue.yes) { $0.block = $1 })
    case .ownDNS:
      .init(
        "DNS", .own, .list, .needsValue, .shown, "servers and search domains instead of the provider's",
        .resolvers(.vpn))
    case .subnet:
      .init(
        "Subnet", .own, .once, .needsValue, .shown, "the commands' IPv4 network",
        .vpn(ProfileValue.subnet) { $0.subnet = $1 })
    case .subnet6:
      .init(
        "Subnet6", .own, .once, .needsValue, .shown, "the commands' IPv6 network",
        .vpn(ProfileValue.subnet6) { $0.subnet6 = $1 })
    case .networks:
      .init(
        "Networks", .own, .networks, .needsValue, .shown, "what goes through the VPN while it is up",
        .vpn(ProfileValue.network) { $0.networks.append($1) })
    case .direct:
      .init(
        "Direct", .own, .networks, .needsValue, .shown, "what stays outside while the VPN is up",
        .vpn(ProfileValue.direct) { $0.direct.append($1) })
    case .outsideIdentity:
      .init(
        "OutsideIdentity", .own, .once, .needsValue, .shown, "what is sent from the uplink's address leaves by the uplink",
        .vpn(ProfileValue.yes) { $0.outsideIdentity = $1 })
    case .inbound:
      .init(
        "Inbound", .own, .list, .needsValue, .shown, "what may come in from the VPN to this machine",
        .vpn(ProfileValue.inbound) { if let inbound = $1, !$0.inbound.contains(inbound) { $0.inbound.append(inbound) } })
    case .link:
      .init(
        "Link", .own, .once, .needsValue, .shown, "a link of this machine as the way out, without a tunnel",
        .vpn(ProfileValue.link) { $0.link = $1 })
    case .gateway:
      .init(
        "Gateway", .own, .list, .needsValue, .shown, "the routers on that link, one of each family",
        .vpn(ProfileValue.gateway) { $0.gateways.append($1) })
    case .underlay:
      .init(
        "Underlay", .own, .once, .needsValue, .shown, "by which routes the encrypted packets leave",
        .vpn(ProfileValue.underlay) { $0.underlay = $1 })
    case .box:
      .init(
        "Box", .own, .once, .needsValue, .shown, "no: the tunnel is a link of this machine, for its routes",
        .vpn(ProfileValue.yes) { $0.hasBox = $1 })
    case .vrf:
      .init(
        "VRF", .own, .once, .needsValue, .shown, "the VRF of a tunnel without a box",
        .vpn(ProfileValue.vrf) { $0.vrf = $1 })
    case .priority:
      .init(
        "Priority", .own, .once, .needsValue, .shown, "the base of the priorities of the VPN's rules",
        .vpn(ProfileValue.priority) { $0.priority = $1 })
    case .exitCheck:
      .init(
        "ExitCheck", .own, .once, .needsValue, .shown, "who is asked by vpn status --exit",
        .vpn(ProfileValue.exitCheck) { $0.exitCheck = $1 })
    case .relay:
      .init(
        "Relay", .own, .networks, .needsValue, .shown, "networks whose packets this machine forwards into the VPN",
        .vpn(ProfileValue.relay) { $0.relay.append($1) })
    }
  }
}

/// What follows from the rows.
extension ProfileKey {
  /// `PublicKey`; wg(8) takes `public key`, too, and wg-quick nothing like it.
  /// - Parameter section: where it stands; a key of that name in another section is better than none.
  init?(_ text: Text, in section: ProfileSection?) {
    let dense = text.squeezed
    var found: ProfileKey?
    for key in Self.allCases where dense.matches(key.name) && (key.row.reader == .wg || dense.count == text.count) {
      if found == nil || key.section == section { found = key }
    }
    guard let found else { return nil }
    self = found
  }

  /// The manual's spelling.
  public var name: String { row.name }

  public var section: ProfileSection { row.section }

  /// Of a few words, without a full stop.
  public var meaning: String { row.meaning }

  /// Its value never stands in a message.
  public var isSecret: Bool { if case .secret = row.display { true } else { false } }

  /// The path of a file that has a key in it.
  public var isKeyFile: Bool { if case .keyFile = row.display { true } else { false } }

  /// Which says the same in another way, so that only one of them may stand in a section.
  public var alternative: ProfileKey? {
    switch row.display {
    case .secret(let other), .keyFile(let other): other
    case .shown, .hidden: nil
    }
  }

  /// A message may repeat its value.
  var isShown: Bool { if case .shown = row.display { true } else { false } }

  /// Recognised, shown, never acted on.
  public var isHook: Bool { row.isHook }

  /// Several lines add up. wg and wg-quick take the last of several lines of any other key; a profile with two is refused,
  /// because one of them is not what its author believes.
  public var mayRepeat: Bool { row.lines != .once }
}
