public import HelperWire

/// What was measured while a command in a VPN sent packets that are nobody's: by the command itself, by the tunnel's counters, and by
/// those of the host's links.
public struct ProofFacts: Equatable, Sendable {
  /// One kind of packets, all to an address that no machine has (RFC 5737, RFC 3849).
  public struct Sent: Equatable, Sendable {
    /// "UDP", "TCP" or "ping".
    public var kind: String
    /// "IPv4" or "IPv6".
    public var family: String
    /// Of the packets, with their IP headers; without the tunnel's.
    public var bytes: UInt64
    /// What was said against it: by the kernel, or the network.
    public var error: String?
    /// Of the tunnel's counter of bytes sent, in that time.
    public var growth: UInt64
    /// The connection was reset.
    public var isReset: Bool

    public init(
      kind: String, family: String, bytes: UInt64, error: String? = nil, growth: UInt64, isReset: Bool
    ) {
      self.kind = kind
      self.family = family
      self.bytes = bytes
      self.error = error
      self.growth = growth
      self.isReset = isReset
    }

    public var what: String { "\(kind) over \(family)" }
    public var isThrough: Bool { bytes > 0 && growth >= bytes }
  }
  /// Links of a process in the VPN, by /proc/PID/net/dev.
  public struct Command: Equatable, Sendable {
    public var pid: Int32
    public var links: [String]

    public init(
      pid: Int32, links: [String]
    ) {
      self.pid = pid
      self.links = links
    }
  }
  /// What the host's links sent while a burst did.
  public struct Burst: Equatable, Sendable {
    /// Of its packets with their IP headers.
    public var bytes: UInt64
    /// By link, without those into boxes.
    public var growth: [String: UInt64]

    public init(
      bytes: UInt64, growth: [String: UInt64]
    ) {
      self.bytes = bytes
      self.growth = growth
    }
  }
  public struct Attempt: Equatable, Sendable {
    public var what: String
    /// `nil`: it was possible.
    public var error: String?

    public init(
      what: String, error: String? = nil
    ) {
      self.what = what
      self.error = error
    }
  }

  public var vpn: Report.VPN
  /// The command's own.
  public var pid: Int32
  public var before: InsideView
  public var after: InsideView
  public var sent: [Sent]
  /// A query to an address that no machine has was answered; `nil`: the VPN has no server.
  public var isQueryCaptured: Bool?
  /// What must be impossible.
  public var attempts: [Attempt]
  /// The means of them work: binding to the command's own link.
  public var canBind: Bool
  public var others: [Command]
  /// `nil`: it was not sent.
  public var burst: Burst?
  /// Packets to those addresses that left by a link of the host; `nil`: only root may count them.
  public var stray: UInt64?
  /// Of the box; `nil`: only root may look.
  public var boxLinks: [String]?

  public init(
    vpn: Report.VPN, pid: Int32, before: InsideView, after: InsideView, sent: [Sent], isQueryCaptured: Bool? = nil, attempts: [Attempt],
    canBind: Bool, others: [Command], burst: Burst? = nil, stray: UInt64? = nil, boxLinks: [String]? = nil
  ) {
    self.vpn = vpn
    self.pid = pid
    self.before = before
    self.after = after
    self.sent = sent
    self.isQueryCaptured = isQueryCaptured
    self.attempts = attempts
    self.canBind = canBind
    self.others = others
    self.burst = burst
    self.stray = stray
    self.boxLinks = boxLinks
  }
}

extension ProofFacts {
  public var findings: [Finding] {
    var found = Findings(.proof, vpn: vpn.name)
    let isAlone = judgeLinks(&found)
    let isSent = judgeSent(&found)
    judgeAttempts(&found)
    let isCounted = judgeHost(&found)
    if let isQueryCaptured {
      if isQueryCaptured {
        found.ok("dns", "a query to an address that no machine has was answered by the VPN's server")
      } else {
        found.warning(
          "dns", "a query to an address that no machine has was not answered", why: "queries to other servers should get to the VPN's",
          fix: "vpn unlink \(vpn.name) && vpn link \(vpn.name)")
      }
    }
    if after.seesOutside {
      found.note(
        "landlock", "a command can look into programs of its user outside: this kernel cannot keep it from that (Landlock, Linux 6.12)",
        why: "one that does so on purpose can borrow their sockets")
    }
    if isAlone, isSent, isCounted {
      found.ok("leak", "nothing that the command sent left by another link")
    } else if !found.all.contains(where: { $0.severity == .problem }) {
      found.note("leak", "that nothing left by another link could not be measured completely")
    }
    return found.all
  }

  private static let usual: Set = ["eth0", "lo"]

  /// Its routes and links, those of others, and the box's.
  private func judgeLinks(_ found: inout Findings) -> Bool {
    var isWell = true
    var seen: [Command] = others
    for view in [before, after] { seen.append(Command(pid: pid, links: Self.counters(view.links).keys.sorted())) }
    var told: Set<String> = []
    for command in seen {
      for link in command.links where !Self.usual.contains(link) && told.insert("\(command.pid) \(link)").inserted {
        isWell = false
        found.problem(
          "links", "the network of a command (pid \(command.pid)) has another link, \(link)",
          why: "it is a way around the VPN: root has made it",
          fix: command.pid == pid ? nil : "sudo nsenter -t \(command.pid) -n ip link del dev \(shellWord(link))")
      }
    }
    let routes = Self.routedLinks(after)
    if isWell, let strange = routes.first(where: { !Self.usual.contains($0) }) {
      isWell = false
      found.problem("routes", "the command has a route by \(strange)", why: "it is a way around the VPN", fix: nil)
    }
    for link in boxLinks ?? [] where !isOfBox(link) {
      isWell = false
      found.problem(
        "box", "the box has another link, \(link)", why: "it is a way around the tunnel: root has made it",
        fix: "sudo ip -n vpn-\(vpn.name) link del dev \(shellWord(link))")
    }
    if isWell {
      let others = others.isEmpty ? "" : ", and so have the \(Words.count(others.count, "command")) that run in it"
      found.ok("links", "the command's network has lo and eth0 and nothing else\(others)")
    }
    return isWell
  }

  private func isOfBox(_ link: String) -> Bool {
    ["lo", "wg0", "host0", "br-\(vpn.name)"].contains(link) || (link.first == "v" && link.dropFirst().allSatisfy(\.isNumber))
  }

  private func judgeSent(_ found: inout Findings) -> Bool {
    guard !sent.isEmpty else { return false }
    var isWell = true
    if vpn.scope == .all, !sent.contains(where: \.isThrough) {
      isWell = false
      found.problem(
        "tunnel", "nothing that was sent came into the tunnel, which should take everything", why: "the VPN is of no use, or bypassed",
        fix: "vpn refresh \(vpn.name)")
    }
    for sent in sent where !sent.isThrough && !self.sent.isRefusedByBox(sent) {
      isWell = false
      let error = sent.error.map { " (\($0))" } ?? ""
      found.problem(
        "tunnel", "\(sent.what): \(sent.bytes) bytes were sent\(error), and \(sent.growth) came into the tunnel",
        why: "what is missing went another way, or was dropped without a word",
        fix: "vpn refresh \(vpn.name)")
    }
    let total = sent.reduce(0) { $0 + ($1.isThrough ? $1.bytes : 0) }
    let own = (Self.counters(after.links)["eth0"] ?? 0) &- (Self.counters(before.links)["eth0"] ?? 0)
    if own < total {
      isWell = false
      found.problem(
        "tunnel", "the command sent \(total) bytes, and its eth0 only \(own)", why: "the rest left by another way", fix: nil)
    }
    if isWell {
      let through = sent.filter(\.isThrough).map(\.what)
      let refused = sent.filter { !$0.isThrough }.map(\.what)
      if !through.isEmpty { found.ok("tunnel", "every byte came into the tunnel: \(through.joined(separator: ", "))") }
      if !refused.isEmpty { found.ok("refused", "refused, as this VPN does not take it: \(refused.joined(separator: ", "))") }
    }
    return isWell
  }

  private func judgeAttempts(_ found: inout Findings) {
    guard canBind else {
      found.note("escape", "ways out were not tried: the kernel lets nobody bind to a link")
      return
    }
    let possible = attempts.filter { $0.error == nil }
    for attempt in possible {
      found.problem("escape", "a command can \(attempt.what)", why: "it is a way around the VPN", fix: nil)
    }
    if possible.isEmpty { found.ok("escape", "a command cannot \(attempts.map(\.what).joined(separator: ", or "))") }
  }

  /// - Returns: whether the host's own counters say that nothing went astray.
  private func judgeHost(_ found: inout Findings) -> Bool {
    if let stray {
      guard stray == 0 else {
        found.problem(
          "stray", "\(Words.count(Int(clamping: stray), "packet")) of the command left by a link of the host", why: "this is a leak",
          fix: nil)
        return false
      }
      found.ok("stray", "the host's filter saw none of its packets on any link")
      return true
    }
    guard let burst else { return false }
    guard let most = burst.growth.max(by: { $0.value < $1.value }), most.value >= burst.bytes else {
      found.note(
        "stray", "the counters of the host's links do not show the tunnel's packets: only root can count others", fix: "sudo vpn check")
      return false
    }
    // Once, encrypted; twice that is as much as a second time in the clear.
    guard most.value < 2 * burst.bytes else {
      found.warning(
        "stray", "\(most.key) sent \(most.value) bytes while the command sent \(burst.bytes): this host is busy, or they were sent twice",
        why: "only root can tell these from others' packets", fix: "sudo vpn check \(vpn.name)")
      return false
    }
    found.ok("stray", "\(most.key) sent \(most.value) bytes while the command sent \(burst.bytes): once, encrypted, and no more")
    return true
  }
}

extension ProofFacts {
  /// /proc/net/dev: bytes sent, by link.
  public static func counters(_ text: String) -> [String: UInt64] {
    var found: [String: UInt64] = [:]
    for line in text.split(separator: "\n") {
      guard let colon = line.lastIndex(of: ":") else { continue }
      let numbers = line[line.index(after: colon)...].split(separator: " ")
      guard numbers.count >= 9, let sent = UInt64(numbers[8]) else { continue }
      found[String(line[..<colon].drop { $0 == " " })] = sent
    }
    return found
  }

  /// /proc/net/route has the link's name first, /proc/net/ipv6_route last.
  public static func routedLinks(_ view: InsideView) -> Set<String> {
    let four = view.routes4.split(separator: "\n").dropFirst().compactMap { $0.split(whereSeparator: \.isWhitespace).first }
    let six = view.routes6.split(separator: "\n").compactMap { $0.split(separator: " ").last }
    return Set((four + six).map { String($0) })
  }
}
