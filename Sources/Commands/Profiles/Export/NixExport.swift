internal import LinuxSystem
internal import NetworkModel
internal import Profile

/// A VPN of the module in packaging/nix. It does all that a profile says, and has no place for keys: all users can read the store.
struct NixExport {
  var name: VPNName
  /// As it stands in /etc/vpnrun.
  var profile: Profile

  static func keyFile(_ name: VPNName) -> String { "/etc/vpnrun/\(name).key" }
  private func sharedKeyFile(_ number: Int) -> String { "/etc/vpnrun/\(name).peer\(number + 1).key" }

  func exported() throws(Failure) -> Exported {
    guard let id = profile.id else {
      throw Failure("\(name) has no ID, and the NixOS module needs one: `sudo vpn edit \(name) ID=NUMBER`")
    }
    var files: [ExportedFile] = []
    var remarks: [String] = []
    func path(_ given: KeyFile?, _ key: WireGuardKey?, _ path: String) -> String? {
      if let given { return given.path }
      guard let key else { return nil }
      files.append(ExportedFile(name: String(path.split(separator: "/").last ?? ""), lines: [key.base64]))
      remarks.append("all users can read a configuration: put the key of \(files[files.count - 1].name) at \(path), root's, mode 0600")
      return path
    }
    // A name may begin with a digit.
    var lines = ["{", "  programs.vpnrun.vpns.\(quoted("\(name)")) = {", "    id = \(id);"]
    func add(_ key: String, _ value: String?, depth: Int = 4) {
      if let value { lines.append(String(repeating: " ", count: depth) + "\(key) = \(value);") }
    }
    add("privateKeyFile", path(profile.privateKeyFile, profile.privateKey, Self.keyFile(name)).map(quoted))
    for family in IPFamily.allCases {
      add("addrV\(family == .v4 ? 4 : 6)", profile.addresses.first { $0.family == family }.map { quoted("\($0)") })
    }
    let resolvers = profile.dns.map { "\($0)" } + profile.search.map { "\($0)" }
    add("dns", resolvers.isEmpty ? nil : list(resolvers))
    add("fwmark", profile.fwmark.map { "\($0)" })
    add("priority", profile.priority.map { "\($0)" })
    add("autostart", profile.autostart == .no ? nil : quoted(profile.autostart.name))
    add("interface", set(interface, depth: 4))
    add("settings", set(settings, depth: 4))
    for (n, peer) in profile.peers.enumerated() {
      if n == 1 { lines.append("    peers = [") }
      let depth = n == 0 ? 4 : 8
      if n > 0 { lines.append("      {") }
      add("publicKey", quoted(peer.publicKey.base64), depth: depth)
      add("presharedKeyFile", path(peer.presharedKeyFile, peer.presharedKey, sharedKeyFile(n)).map(quoted), depth: depth)
      add("endpoint", peer.endpoint.map { quoted("\($0)") }, depth: depth)
      add("allowedIPs", list(peer.allowedIPs.map { "\($0)" }), depth: depth)
      add("peer", set(peer.persistentKeepalive.map { [("PersistentKeepalive", "\($0)")] } ?? [], depth: depth), depth: depth)
      if n > 0 { lines.append("      }") }
    }
    if profile.peers.count > 1 { lines.append("    ];") }
    lines += ["  };", "}"]
    return Exported(files: [ExportedFile(name: "\(name).nix", lines: lines)] + files, losses: [], remarks: remarks)
  }

  /// More than the options have.
  private var interface: [(String, String)] {
    var others = profile.addresses
    for family in IPFamily.allCases { if let first = others.firstIndex(where: { $0.family == family }) { others.remove(at: first) } }
    var pairs = others.isEmpty ? [] : [("Address", others.map { "\($0)" }.joined(separator: ", "))]
    if let mtu = profile.mtu { pairs.append(("MTU", "\(mtu)")) }
    if let port = profile.listenPort { pairs.append(("ListenPort", "\(port)")) }
    switch profile.table {
    case .auto: break
    case .off: pairs.append(("Table", "off"))
    case .number(let number): pairs.append(("Table", "\(number)"))
    }
    return pairs
  }

  private var settings: [(String, String)] = []

  /// - Parameter settings: all of [VPN] that has no option of its own.
  init(_ name: VPNName, _ profile: Profile, settings: [(String, String)]) {
    self.name = name
    self.profile = profile
    self.settings = settings
  }

  /// Profiles have no character that a string of Nix would take as more than itself; one that has is left to the comments.
  private func quoted(_ text: String) -> String { "\"\(text)\"" }
  private func list(_ values: [String]) -> String { "[ " + values.map { quoted($0) + " " }.joined() + "]" }
  private func set(_ pairs: [(String, String)], depth: Int) -> String? {
    let pairs = pairs.filter { !$0.1.contains("\\") && !$0.1.contains("$") && !$0.1.contains("\"") }
    if pairs.isEmpty { return nil }
    let indent = String(repeating: " ", count: depth)
    return "{\n" + pairs.map { "\(indent)  \($0) = \(quoted($1));\n" }.joined() + indent + "}"
  }
}
