public import HelperWire
public import NetworkModel

/// What came of using a VPN's tunnel.
public struct TunnelFacts: Equatable, Sendable {
  public enum Linking: Equatable, Sendable {
    case before, forThisCheck
    /// Why not, and what fixes that.
    case refused(String, fix: String)
  }
  public enum PathMTU: Equatable, Sendable {
    /// Packets as large as the tunnel takes.
    case whole
    /// The largest that passes, bytes with IP header.
    case smaller(Int)
    /// Nobody answers pings.
    case unanswered
  }
  public struct Server: Equatable, Sendable {
    public var address: String
    public var answers: Bool

    public init(
      address: String, answers: Bool
    ) {
      self.address = address
      self.answers = answers
    }
  }

  public static let handshakeSeconds = 10

  /// As it is after that.
  public var vpn: Report.VPN
  public var linking: Linking
  /// Why no command could be started in it; `nil`: one was.
  public var launchError: String?
  public var now: Int
  public var servers: [Server] = []
  public var path: PathMTU?
  /// DNS servers which no peer's AllowedIPs have.
  public var serversOutOfReach: [IPAddress] = []
  /// Endpoints to which the host has no route, if it has one to none of them.
  public var endpointsWithoutRoute: [String] = []

  public init(
    vpn: Report.VPN, linking: Linking, launchError: String? = nil, now: Int, servers: [Server] = [], path: PathMTU? = nil
  ) {
    self.vpn = vpn
    self.linking = linking
    self.launchError = launchError
    self.now = now
    self.servers = servers
    self.path = path
  }

  /// A session lasts three minutes.
  public var hasHandshake: Bool { vpn.link == nil ? hasSession : vpn.broken.isEmpty }
  private var hasSession: Bool { vpn.latestHandshake > 0 && now - vpn.latestHandshake < Int(WireGuardTimers.rejectAfter) }
}

extension TunnelFacts {
  public var findings: [Finding] {
    var found = Findings(.tunnel, vpn: vpn.name)
    // What is linked goes on as it was until then.
    let reload = linking == .before ? " && vpn reload \(vpn.name)" : ""
    switch linking {
    case .before: found.ok("link", "it is linked")
    case .forThisCheck: found.note("link", "it was linked for this check only")
    case .refused(let error, let fix):
      found.problem("link", "it cannot be linked: \(error)", why: "no command can run in it", fix: fix)
      return found.all
    }
    if let launchError {
      found.problem(
        "launch", "no command can be started in it: \(launchError)", why: "vpnrun is of no use",
        fix: "vpn refresh \(vpn.name)")
      return found.all
    }
    if !hasHandshake, let peer = vpn.peers.first(where: { $0.endpoint != nil && !$0.hasRoute }) {
      found.problem(
        "handshake", "no handshake: this machine has no route to \(peer.endpoint ?? "the endpoint")",
        why: "nothing passes before the machine has a network by which the server can be reached", fix: "vpn refresh \(vpn.name)")
      return found.all
    }
    if let sentence = NameServers.sentence(serversOutOfReach) {
      found.problem("dns", sentence, why: NameServers.consequence(serversOutOfReach), fix: "sudo vpn edit \(vpn.name)\(reload)")
    }
    // Before all that a dead tunnel also makes fail: keys, files and DNS servers are not to blame.
    if !endpointsWithoutRoute.isEmpty {
      let endpoints = endpointsWithoutRoute.joined(separator: ", ")
      found.problem(
        "handshake", "there is no route to the endpoint \(endpoints) (this machine is offline?)",
        why: "nothing passes until it has a network that leads there", fix: "vpn refresh \(vpn.name)")
      return found.all
    }
    if !vpn.box {
      for sentence in vpn.broken { found.problem("link", sentence, why: "routes by it lead nowhere", fix: "vpn refresh \(vpn.name)") }
      if hasHandshake {
        found.ok("handshake", "the server answers")
      } else {
        found.note("handshake", "no handshake yet: WireGuard makes one when there is something to send")
      }
      return found.all
    }
    if let link = vpn.link {
      guard vpn.broken.isEmpty else {
        for sentence in vpn.broken {
          found.problem("link", sentence, why: "what should go there is refused", fix: "vpn refresh \(vpn.name)")
        }
        return found.all
      }
      found.ok("way", "it goes by \(link), with addresses of its own there")
    }
    guard hasHandshake else {
      found.problem(
        "handshake", "no handshake within \(Self.handshakeSeconds) seconds: the server does not answer",
        why: "nothing passes: a key or the Endpoint is wrong, a firewall drops UDP, or the server is gone; take the provider's file again",
        fix: "sudo vpn import FILE --name \(vpn.name) --force\(reload)")
      return found.all
    }
    if vpn.link == nil { found.ok("handshake", "the server answers") }
    judgePath(&found)
    for server in servers {
      if server.answers {
        found.ok("dns", "the DNS server \(server.address) answers")
      } else {
        found.problem(
          "dns", "the DNS server \(server.address) does not answer", why: "names cannot be resolved, or late: take the provider's `DNS =`",
          fix: "sudo vpn edit \(vpn.name)\(reload)")
      }
    }
    return found.all
  }

  private func judgePath(_ found: inout Findings) {
    let mtu = vpn.mtu ?? 0
    switch path {
    case .whole: found.ok("mtu", "packets of \(mtu) bytes, the \(vpn.link == nil ? "tunnel" : "link")'s MTU, pass")
    case .smaller(let largest):
      let usable = max(largest, vpn.addresses.contains { $0.contains(":") } ? 1280 : 576)
      found.problem(
        "mtu", "packets of more than \(largest) bytes vanish on the way, and the tunnel's MTU is \(mtu)",
        why: "pages and downloads hang half-way", fix: "sudo vpn edit \(vpn.name) MTU=\(usable) && vpn refresh \(vpn.name)")
    case .unanswered, nil: found.note("mtu", "whether large packets pass is not known: nobody in the tunnel answers pings")
    }
  }
}
