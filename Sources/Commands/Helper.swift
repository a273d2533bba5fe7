internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// `vpn-link`, the only program here that may change the kernel. It is asked by name and answers in JSON; its standard
/// error is the user's.
struct Helper {
  let path: String
  /// What it says of a failure is in the failure, instead of on standard error.
  var isQuiet = false

  init(path: String) { self.path = path }

  enum ChangeResult: Equatable {
    /// With what it said, unless that went to standard output.
    case done(String)
    /// The kernel has no WireGuard, and no userspace device waits.
    case noWireGuard
    /// An endpoint's host name is not among those that were resolved.
    case unresolved
    /// The VPN that would carry it is not linked.
    case noOuter
  }

  /// All VPNs, or one.
  func show(_ name: VPNName? = nil) throws(Failure) -> [Report] { try show(HelperRequest(.show, name)) }

  /// Those in which commands can run.
  /// - Parameter meanwhile: what is done until they are known.
  func showLinked(meanwhile: () -> Void) throws(Failure) -> [Report] {
    var request = HelperRequest(.show)
    request.isForLinked = true
    return try show(request, meanwhile: meanwhile)
  }

  private func show(_ request: HelperRequest, meanwhile: () -> Void = {}) throws(Failure) -> [Report] {
    var reports: [Report] = []
    var others: [UInt8] = []
    let ended = try run(request, output: .captured, meanwhile: meanwhile) { line in
      // Each is read while vpn-link finds out about the next.
      if let found: [Report] = try? decoded(line) { reports += found } else { others += line + [0x0a] }
    }
    others += ended.output
    guard ended.status == .done else { throw said((ended.status, others)) }
    guard others.isEmpty else {
      let _: [Report] = try decoded(others)
      throw Failure("vpn-link's answer ends within a line")
    }
    return reports.sorted()
  }

  /// One VPN whose profile can be read.
  func show(_ name: VPNName) throws(Failure) -> Report.VPN {
    switch try show(Optional(name)).first {
    case .vpn(let vpn): return vpn
    case .unreadable(_, let error, _): throw Failure(printable(error))
    case nil: throw Failure("\(path) says nothing about '\(name)'")
    }
  }

  func change(_ request: HelperRequest) throws(Failure) -> ChangeResult {
    // Changes are shown while they are made; one line can wait until no progress is shown any more.
    let ended = try run(request, output: request.isVerbose ? .inherited : .captured)
    switch ended.status {
    case .done: return .done(String(decoding: ended.output, as: UTF8.self))
    case .needsWireGuard: return .noWireGuard
    case .needsAddresses: return .unresolved
    case .needsLink: return .noOuter
    case nil: throw said(ended)
    }
  }

  /// Where the endpoints' host names are, asked outside: while a VPN is up, its servers could not say if its tunnel is broken.
  func lookUp(_ name: VPNName) throws(Failure) -> [ResolvedHost] {
    let ended = try run(HelperRequest(.lookUp, name), output: .captured)
    guard ended.status == .done else { throw said(ended) }
    return String(decoding: ended.output, as: UTF8.self).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "=")
      return parts.count == 2 ? IPAddress(String(parts[1])).map { ResolvedHost(host: String(parts[0]), address: $0) } : nil
    }
  }

  /// The ways of packets through the VPNs that are linked.
  func ways() throws(Failure) -> [Ways] {
    let ended = try run(HelperRequest(.ways), output: .captured)
    guard ended.status == .done else { throw said(ended) }
    return try decoded(ended.output)
  }

  func unlink(_ name: VPNName, force: Bool, verbose: Bool) throws(Failure) {
    var request = HelperRequest(.unlink, name)
    (request.isForced, request.isVerbose) = (force, verbose)
    let ended = try run(request, output: .inherited)
    guard ended.status == .done else { throw said(ended) }
  }

  /// - Returns: what has become of it, or why it stays, in a line; nothing if there was nothing.
  func clean(_ name: VPNName, dryRun: Bool) throws(Failure) -> String {
    var request = HelperRequest(.clean, name)
    request.isDry = dryRun
    let ended = try run(request, output: .captured)
    guard ended.status == .done else { throw said(ended) }
    return String(decoding: ended.output, as: UTF8.self)
  }

  /// - Parameter namespace: open; what is looked at there is what is used.
  func attach(
    _ name: VPNName, _ attachment: Attachment, _ namespace: borrowing FileDescriptor
  ) throws(Failure) -> AttachmentReport {
    try decoded(try ask(.attach, name, attachment, namespace.raw))
  }

  /// - Returns: how many ports went.
  func detach(_ name: VPNName, _ attachment: Attachment, _ namespace: borrowing FileDescriptor) throws(Failure) -> Int {
    try decoded(try ask(.detach, name, attachment, namespace.raw))
  }

  func detach(_ name: VPNName, _ attachment: Attachment) throws(Failure) -> Int { try decoded(try ask(.detach, name, attachment, nil)) }

  /// - Parameter namespace: one that is looked into; otherwise the box alone is asked, of all that are attached.
  func examine(_ name: VPNName) throws(Failure) -> [Examination] { try decoded(try ask(.examine, name, Attachment(), nil)) }
  func examine(_ name: VPNName, _ namespace: borrowing FileDescriptor) throws(Failure) -> Examination? {
    let found: [Examination] = try decoded(try ask(.examine, name, Attachment(), namespace.raw))
    return found.first
  }

  /// Whether that is what is attached by that label. Of processes alone it cannot be known: the root of an attached network gives it whatever
  /// address they like.
  func isAttached(_ namespace: borrowing FileDescriptor, as label: String, in name: VPNName) throws(Failure) -> Bool {
    try examine(name, namespace)?.label == label
  }

  /// - Returns: how many ports are new, or were taken away.
  func publish(_ name: VPNName, _ publication: Publication, _ namespace: borrowing FileDescriptor) throws(Failure) -> Int {
    if let relay = publication.relay {
      try Failure.saying("cannot hand over a descriptor") { () throws(SystemError) in try FileDescriptor.keepAcrossExec(relay) }
    }
    return try decoded(try ask(.publish, name, Attachment(), namespace.raw, publication))
  }

  private func ask(
    _ verb: Verb, _ name: VPNName, _ attachment: Attachment, _ descriptor: Int32?, _ publication: Publication = Publication()
  ) throws(Failure) -> [UInt8] {
    var request = HelperRequest(verb, name)
    (request.attachment, request.publication) = (attachment, publication)
    if let descriptor {
      request.attachment.namespace = descriptor
      try Failure.saying("cannot hand over a descriptor") { () throws(SystemError) in try FileDescriptor.keepAcrossExec(descriptor) }
    }
    let ended = try run(request, output: .captured)
    guard ended.status == .done else { throw said(ended) }
    // Whom it has waited for stands before it, where that is captured as well.
    return isQuiet ? Array(ended.output.split(separator: 0x0a).last ?? []) : ended.output
  }

  /// - Returns: no status where it has said why.
  private func run(
    _ request: HelperRequest, output: Child.Output, meanwhile: () -> Void = {}, take: ((ArraySlice<UInt8>) -> Void)? = nil
  ) throws(Failure) -> (status: HelperStatus?, output: [UInt8]) {
    let output = isQuiet ? .capturedWithErrors : output
    let words = request.words.map { String(decoding: $0, as: UTF8.self) }
    let ended: Child.Ended
    var child = Child(path, words, output: output)
    if Arguments.isForVPNRun { child.name = Tool.name }
    do throws(SystemError) { ended = try child.run(meanwhile: meanwhile, take: take) } catch { throw refusal(error) }
    switch ended.how {
    case .exit(let status): return (HelperStatus(rawValue: status), ended.output)
    case .interrupted: throw .interrupted
    case .signal(let number): throw Failure("\(path) was ended by signal \(number)")
    }
  }

  /// Why it failed. What it lacks is between programs, and no status of its own has a sentence.
  private func said(_ ended: (status: HelperStatus?, output: [UInt8])) -> Failure {
    guard ended.status == nil else { return Failure("another change came between: try again") }
    return isQuiet ? Failure(lines: ended.output.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }) : .alreadySaid
  }

  private func refusal(_ error: SystemError) -> Failure {
    if error.isDenied, !User.isRoot {
      let user = User.name(of: User.current) ?? "USER"
      return Failure("you are not in the group that may use VPNs: `sudo adduser \(user) vpn`, then log in again")
    }
    if error.isMissingFile {
      return Failure("\(path) is missing: install vpnrun again, its package or by `sudo make install`")
    }
    return Failure("cannot run \(path): \(error.reason)")
  }
}
