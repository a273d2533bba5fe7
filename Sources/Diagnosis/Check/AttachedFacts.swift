public import HelperWire

/// What was seen of one namespace that `vpn attach` was given, and measured while packets that are nobody's were sent from within.
public struct AttachedFacts: Equatable, Sendable {
  public var vpn: Report.VPN
  public var examination: Examination
  /// A process in it, where one can be seen.
  public var pid: Int32?
  /// Its user namespace is the initial one.
  public var isRoots: Bool
  /// The unit of systemd whose network it is.
  public var unit: String?
  /// Empty: none were sent.
  public var sent: [ProofFacts.Sent] = []
  /// Packets to those addresses that left by a link of the host; `nil`: only root may count them.
  public var stray: UInt64?
  /// As `ProofFacts.isQueryCaptured`.
  public var isQueryCaptured: Bool?
  /// Why nothing was sent.
  public var error: String?

  public init(vpn: Report.VPN, examination: Examination, pid: Int32? = nil, isRoots: Bool = true, unit: String? = nil) {
    self.vpn = vpn
    self.examination = examination
    self.pid = pid
    self.isRoots = isRoots
    self.unit = unit
  }
}

extension AttachedFacts {
  public var findings: [Finding] {
    var found = Findings(.proof, vpn: vpn.name)
    let who = "\(examination.label) (attached)"
    if !examination.lost.isEmpty {
      found.problem(
        "attached", "\(who) has lost in the box: \(examination.lost.joined(separator: ", "))",
        why: "its root may send in another's name, or is cut off", fix: "vpn refresh \(vpn.name)")
    }
    guard let link = examination.link else {
      if examination.lost.isEmpty {
        found.note(
          "attached", "\(who): the guard of its port is whole; its network cannot be looked into",
          why: pid == nil ? "no process of it can be seen" : "it is another user's", fix: "sudo vpn check \(vpn.name)")
      }
      return found.all
    }
    judgeInside(&found, who)
    judgeSent(&found, who)
    if found.all.isEmpty {
      let beside = examination.kept.map { ", and for \($0.joined(separator: ", ")) what else it has" } ?? " and nothing else"
      let way = sent.isEmpty ? "" : ", and what was sent from there came into the tunnel or was refused"
      found.ok("attached", "\(who) has lo and \(link)\(beside); its filter and its port's guard are whole\(way)")
      if let error { found.note("attached", "\(who): nothing was sent from there: \(error)") }
    }
    return found.all
  }

  private func judgeInside(_ found: inout Findings, _ who: String) {
    if !examination.isFiltered {
      found.problem(
        "attached", "\(who): the filter in its network is not as it was made", why: "what leaves there by another link is not refused",
        fix: again)
    }
    if !examination.isUp {
      found.problem("attached", "\(who): its link \(examination.link ?? "") is down", why: "it has no network", fix: again)
    }
    guard examination.kept == nil else { return }
    for other in examination.links {
      let fix = pid.map { "\(sudo)nsenter -t \($0) -n ip link del dev \(shellWord(other))" }
      if examination.isFiltered {
        found.warning(
          "attached", "\(who): its network has another link, \(other), and its filter alone keeps packets from that",
          why: "it is a way around the VPN for who may change the filter", fix: fix)
      } else {
        found.problem(
          "attached", "\(who): its network has another link, \(other)", why: "it is a way around the VPN", fix: fix)
      }
    }
  }

  private func judgeSent(_ found: inout Findings, _ who: String) {
    for one in sent where !one.isThrough && !sent.isRefusedByBox(one) {
      let error = one.error.map { " (\($0))" } ?? ""
      found.problem(
        "attached", "\(who): \(one.what): \(one.bytes) bytes were sent\(error), and \(one.growth) came into the tunnel",
        why: "what is missing went another way, or was dropped without a word", fix: again)
    }
    if let stray, stray > 0 {
      found.problem(
        "attached", "\(who): \(Words.count(Int(clamping: stray), "packet")) from there left by a link of the host", why: "this is a leak",
        fix: again)
    }
    if isQueryCaptured == false {
      found.warning(
        "attached", "\(who): a query to an address that no machine has was not answered",
        why: "queries to other servers should get to the VPN's", fix: again)
    }
  }

  private var sudo: String { isRoots ? "sudo " : "" }

  /// What gives it anew what it has lost.
  private var again: String {
    if let unit { return "sudo systemctl restart \(unit)" }
    let kept = examination.kept.map { $0.isEmpty ? " --beside" : " --beside --keep \($0.joined(separator: ","))" } ?? ""
    return "\(sudo)vpn attach \(vpn.name) --pid \(pid ?? 0) --label \(shellWord(examination.label))\(kept)"
  }
}

extension [ProofFacts.Sent] {
  /// The box resets connections that its tunnel does not take. From farther away nobody does, since there is nobody to connect to.
  func isRefusedByBox(_ it: ProofFacts.Sent) -> Bool {
    it.error != nil && (it.bytes == 0 || contains { $0.family == it.family && $0.isReset })
  }
}

/// What was seen of a service that `vpn service add` has put into a VPN.
public struct ServiceFacts: Equatable, Sendable {
  public var vpn: Report.VPN
  /// An instance, of a template.
  public var unit: String
  /// Its main process; `nil`: it does not run.
  public var pid: Int32?
  /// Whether that is in a network that is attached to the VPN; `nil`: cannot be seen.
  public var isInside: Bool?
  /// Resolver files as they were written for it, and as it sees them, by their names; `nil`: cannot be seen.
  public var written: [String: String] = [:]
  public var seen: [String: String]?

  public init(vpn: Report.VPN, unit: String, pid: Int32?) {
    self.vpn = vpn
    self.unit = unit
    self.pid = pid
  }

  public var findings: [Finding] {
    var found = Findings(.proof, vpn: vpn.name)
    guard let pid else {
      found.note("service", "the service \(unit) does not run")
      return found.all
    }
    guard let isInside else {
      found.note("service", "only root can see in which network the service \(unit) is", fix: "sudo vpn check \(vpn.name)")
      return found.all
    }
    guard isInside else {
      found.problem(
        "service", "the service \(unit) (pid \(pid)) is not in the VPN", why: "it has the network with which it was started",
        fix: "sudo systemctl restart \(unit)")
      return found.all
    }
    guard let seen else {
      found.note("service", "the service \(unit) is in the VPN; only root can see its resolver files", fix: "sudo vpn check \(vpn.name)")
      return found.all
    }
    for (path, text) in written.sorted(by: { $0.key < $1.key }) where seen[path] != text {
      found.problem(
        "service", "the service \(unit) sees another \(path) than the VPN's", why: "it may ask the host's resolver, and that its servers",
        fix: "sudo systemctl restart \(unit)")
    }
    let named = (written["/etc/resolv.conf"] ?? "").split(separator: "\n").filter { $0.hasPrefix("nameserver ") }.map { $0.dropFirst(11) }
    if found.all.isEmpty, !named.isEmpty, !named.allSatisfy({ vpn.dns.contains(String($0)) }) {
      found.warning(
        "service", "the service \(unit) has servers in its resolv.conf that the VPN had when it was added",
        why: "its queries get to the VPN's servers of today all the same",
        fix: "sudo vpn service add \(vpn.name) \(unit) && sudo systemctl restart \(unit)")
    }
    if found.all.isEmpty { found.ok("service", "the service \(unit) is in the VPN, with the VPN's resolver files") }
    return found.all
  }
}
