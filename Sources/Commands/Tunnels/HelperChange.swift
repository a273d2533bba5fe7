internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// One change of the kernel that `vpn-link` is asked for. What it lacks on the way it gets from here: the addresses of endpoints that are
/// given by name, and a userspace WireGuard where the kernel has none.
struct HelperChange {
  /// One of those that take the addresses of endpoints, or `down`.
  var verb: Verb
  /// Without one vpn-link chooses.
  var name: VPNName?
  var verbose = false
  /// For `plan`.
  var action: PlannedAction?

  /// - Returns: what vpn-link said, as far as it is not on standard output already.
  func perform(on installation: Installation, notes: inout [String]) throws(Failure) -> String {
    var resolved: [ResolvedHost]?
    var started: VPNName?
    var outer: VPNName?
    do throws(Failure) {
      while true {
        switch try waiting(progress, { () throws(Failure) in try ask(installation.helper, resolved ?? []) }) {
        case .done(let text): return text
        case .unresolved:
          guard resolved == nil else { throw Failure("vpn-link does not take the addresses that were found for its endpoints") }
          resolved = try resolve(try subject(on: installation), &notes, on: installation)
        case .noOuter:
          guard outer == nil, let carrier = try subject(on: installation).through.flatMap({ VPNName($0) }) else {
            throw Failure("another change came between: try again")
          }
          outer = carrier
          // Which says of itself what must come before it.
          let said = try HelperChange(verb: .link, name: carrier, verbose: verbose).perform(on: installation, notes: &notes)
          if verbose { Output.standardError.say(said) }
          notes.append("\(carrier) is linked now: it carries \(try subjectName(on: installation))")
        case .noWireGuard:
          let name = try subjectName(on: installation)
          guard started == nil else {
            throw Failure("wireguard-go runs, but vpn-link does not find its device \(installation.userspace.device(of: name))")
          }
          guard installation.isRoot else {
            throw Failure("the kernel has no WireGuard; run `sudo vpn link \(name)` once: it starts wireguard-go")
          }
          try waiting("starting wireguard-go") { () throws(Failure) in try installation.userspace.start(for: name) }
          started = name
        }
      }
    } catch {
      if let started { installation.userspace.stop(for: started) }
      throw error
    }
  }

  private func ask(_ helper: Helper, _ resolved: [ResolvedHost]) throws(Failure) -> Helper.ChangeResult {
    var request = HelperRequest(verb, name)
    request.isVerbose = verbose
    request.action = action
    request.resolved = resolved.map { .init(host: Array($0.host.utf8), address: $0.address) }
    return try helper.change(request)
  }

  /// The VPN that is meant where none is named: that with the lowest ID of those that the user may use. A box is built only for it: what
  /// is up already has one.
  private func subject(on installation: Installation) throws(Failure) -> Report.VPN {
    if let name { return try installation.helper.show(name) }
    guard let vpn = try installation.helper.show().compactMap(\.vpn).first(where: \.allowed) else { throw Failure(ProfileFolder.noneYet) }
    return vpn
  }

  private func subjectName(on installation: Installation) throws(Failure) -> VPNName {
    if let name { return name }
    let text = try subject(on: installation).name
    guard let name = VPNName(text) else { throw Failure("'\(printable(text))' cannot be a VPN: \(VPNName.rule)") }
    return name
  }

  /// The endpoints given by name, each once. Nothing with a privilege ever asks a resolver.
  private func resolve(_ vpn: Report.VPN, _ notes: inout [String], on installation: Installation) throws(Failure) -> [ResolvedHost] {
    var resolved: [ResolvedHost] = []
    if let name = VPNName(vpn.name), try installation.helper.show().contains(where: { $0.vpn?.takenUp == true || $0.isBlocked }) {
      resolved = try waiting("asking outside for \(vpn.name)'s endpoints") { () throws(Failure) in try installation.helper.lookUp(name) }
    }
    for endpoint in vpn.endpoints {
      let host = endpoint.host
      // An IPv6 address may have a zone; no name has a colon.
      let isAddress = IPAddress(host) != nil || host.contains(":")
      guard !isAddress, !resolved.contains(where: { $0.host == host }) else { continue }
      do throws(Failure) {
        resolved += try waiting("resolving \(printable(host))") { () throws(Failure) in try [ResolvedHost](resolving: host) }
      } catch {
        // Without a network, as just after waking up, the rest of a refresh is still worth while.
        guard verb == .refresh, error.status != .interrupted, let address = vpn.onlyAddressInUse else { throw error }
        notes.append("\(printable(host)) cannot be resolved now; \(vpn.name) goes on with \(address)")
        resolved.append(ResolvedHost(host: host, address: address))
      }
    }
    return resolved
  }

  private var progress: String {
    let what = name?.description ?? "the VPN"
    return switch verb {
    case .link: "linking \(what)"
    case .up: "taking \(what) up"
    case .down: "taking \(what) down"
    case .toggle: "switching \(what)"
    case .refresh: "refreshing \(what)"
    case .reload: "reloading \(what)"
    case .plan: "planning for \(what)"
    case .unlink, .attach, .detach, .examine, .publish, .block, .wait, .clean, .show, .ways, .lookUp, .defaultName, .direct, .directEnd:
      "asking about \(what)"
    }
  }

  /// Verbose output is progress enough.
  private func waiting<Value>(_ text: String, _ work: () throws(Failure) -> Value) throws(Failure) -> Value {
    verbose ? try work() : try Progress.saying(text, work)
  }
}

extension Report.VPN {
  /// Where packets are sent now, if there is no doubt to which endpoint of the profile that belongs.
  fileprivate var onlyAddressInUse: IPAddress? {
    guard endpoints.count == 1, peers.count == 1, let text = peers[0].endpoint else { return nil }
    return IPAddress(host: text)
  }
}
