internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// A network namespace that was there before: sockets in it. This thread stays where it is.
struct Target: ~Copyable {
  var sockets: Sockets
  /// Who has made it, if in a user namespace of their own.
  let owner: UInt32?

  /// - Parameter namespace: what the caller has opened, with what rights they have. It is looked at and used from here on, so nothing can
  ///   come in its place.
  static func open(
    _ namespace: borrowing NetworkNamespace, from home: borrowing NetworkNamespace, _ families: [IPFamily]
  ) throws(Failure) -> Target {
    let owner = try attempting("ask whose namespace that is") { () throws(SystemError) in try namespace.owner() }
    // A user's own is one that they could have made: whatever is in it, they may do it. Asked before anything is done in it.
    if !Process.isRoot {
      guard let owner else {
        throw Failure("that namespace is root's, and only root may do this; yours are those of user namespaces that you have made")
      }
      guard owner == Process.userID else { throw Failure("that namespace is another user's (uid \(owner)): only they or root may do this") }
    }
    return try enter(namespace, from: home, families, owner: owner)
  }

  /// One to which a port of a box leads. Whose that is decides, for only this program and vpn-launch write it: a command's namespace is root's.
  static func open(
    _ namespace: borrowing NetworkNamespace, behind port: AttachedPort, from home: borrowing NetworkNamespace, _ families: [IPFamily]
  ) throws(Failure) -> Target {
    guard port.isOwn else {
      let (what, uid) = (port.occupant?.description ?? "that", port.occupant?.uid ?? 0)
      throw Failure("\(what) is another user's (uid \(uid)): only they or root may do this")
    }
    return try enter(namespace, from: home, families, owner: port.occupant?.uid)
  }

  private static func enter(
    _ namespace: borrowing NetworkNamespace, from home: borrowing NetworkNamespace, _ families: [IPFamily], owner: UInt32?
  ) throws(Failure) -> Target {
    let sockets = try attempting("enter the namespace") { () throws(SystemError) in
      try namespace.inside(from: home) { () throws(SystemError) in try Sockets(.command, .filters, families) }
    }
    return Target(sockets: sockets, owner: owner)
  }

  /// Those of ours.
  mutating func rules() throws(Failure) -> [Rule] {
    try attempting("list the namespace's rules") { () throws(SystemError) in
      try sockets.route.rules(sockets.families).filter { $0.isOurs }.map { $0.rule }
    }
  }
}

/// The links of a namespace that is to be attached.
struct Links {
  /// Of the port that it has already.
  var own: ByteString?
  /// By which its packets could leave.
  var others: [LinkState]
  /// What is on those.
  var networks: [Prefix]

  /// - Parameter peer: of the port that it has already.
  /// - Throws: for the box of a VPN, and what is in another VPN.
  init(_ name: VPNName, _ target: inout Target, peer: Int32?) throws(Failure) {
    let links = try attempting("list the namespace's links") { () throws(SystemError) in try target.sockets.route.links() }
    let alias = links.first { $0.name == "lo" }?.alias
    if links.contains(where: { $0.name == Names.uplink }), Door(alias: alias).permission != nil {
      throw Failure("that is the box of a VPN")
    }
    own = peer.flatMap { peer in links.first { $0.index == peer }?.name }
    if let alias, own == nil, links.count > 1, alias.utf8.starts(with: "vpnrun ".utf8), alias != Names.commandAlias(name) {
      throw Failure("that namespace is in another VPN already (\(alias))")
    }
    others = links.filter { $0.name != "lo" && $0.index != peer && !$0.isUnusedTunnel }
    networks = others.isEmpty ? [] : [Beside.linkLocal]
    for link in others {
      let addresses = try attempting("list the namespace's addresses") { () throws(SystemError) in
        try target.sockets.route.addresses(ofLink: link.index)
      }
      networks += addresses.map { $0.network }.filter { Beside.isNetwork($0) }
    }
  }

  func refuseOthers() throws(Failure) {
    guard let first = others.first else { return }
    let more = others.count > 1 ? " and \(others.count - 1) more" : ""
    throw Failure("that namespace has other links, by which its packets could leave: \(first.name)\(more); --beside keeps them")
  }
}

extension LinkState {
  /// The kernel makes some in every namespace when a module for tunnels is there.
  fileprivate var isUnusedTunnel: Bool {
    let kinds: [ByteString] = ["sit", "ipip", "ip6tnl", "gre", "gretap", "ip6gre", "ip6gretap", "erspan", "ip6erspan", "vti", "vti6"]
    return !isUp && kind.map { kinds.contains($0) } ?? false
  }
}

extension Box {
  /// By which number the box knows a namespace; `nil` where none of its links leads there.
  mutating func number(of target: borrowing Target) throws(Failure) -> Int32? { try number(of: target.sockets.namespace) }

  mutating func number(of namespace: borrowing NetworkNamespace) throws(Failure) -> Int32? {
    let descriptor = namespace.descriptor.raw
    return try attempting("compare namespaces") { () throws(SystemError) in try sockets.route.number(ofNamespace: descriptor) }
  }

  /// By which it knows that of the host: the other end of the pair is there.
  mutating func numberOfHost() throws(Failure) -> Int32? {
    try attempting("look at the box") { () throws(SystemError) in try sockets.route.link(Names.uplink)?.peerNamespace }
  }

  /// Steps in the box and in the other namespace, with this thread in that one: settings below /proc/sys are the thread's.
  mutating func apply(
    _ steps: [Step], to target: inout Target, from home: borrowing NetworkNamespace, tolerating tolerance: Tolerance
  ) throws(Failure) {
    var failure: StepFailure?
    let namespace = try attempting("hold the namespace") { () throws(SystemError) in try target.sockets.namespace.copy() }
    try attempting("enter the namespace") { () throws(SystemError) in
      try namespace.inside(from: home) { () throws(SystemError) in
        do throws(StepFailure) { try Applier.apply(steps, to: &sockets, &target.sockets, tolerating: tolerance) } catch { failure = error }
      }
    }
    if let failure { throw Failure("cannot change the namespace's network: \(failure.sentence(shell))") }
  }
}
