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
    let sockets = try attempting("enter the namespace") { () throws(SystemError) in
      try namespace.inside(from: home) { () throws(SystemError) in try Sockets(.command, .filters, families) }
    }
    return Target(sockets: sockets, owner: owner)
  }
}

/// One port of a box and the number by which the box knows the namespace of its other end.
struct AttachedPort {
  var slot: UInt32
  var occupant: Occupant?
  /// Of its other end, there.
  var peer: Int32?
  var namespace: Int32?

  init?(_ link: LinkState) {
    guard let slot = Names.slot(ofPort: link.name) else { return nil }
    self.slot = slot
    occupant = Occupant(alias: link.alias, owner: link.queueLength)
    (peer, namespace) = (link.peer, link.peerNamespace)
  }

  /// It has its alias last, so one without has been left half-way.
  var isCommand: Bool { occupant.map { !$0.isAttached && !$0.isStarting } ?? false }
}

extension Box {
  mutating func ports(_ facts: BoxFacts) throws(Failure) -> [AttachedPort] {
    try attempting("list the box's ports") { () throws(SystemError) in
      try sockets.route.links(master: facts.bridge.index).compactMap { AttachedPort($0) }
    }
  }

  /// By which number the box knows a namespace; `nil` where none of its links leads there.
  mutating func number(of target: borrowing Target) throws(Failure) -> Int32? {
    let descriptor = target.sockets.namespace.descriptor.raw
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
