internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// What must be so before root changes a profile, and what follows from it.
extension Installation {
  /// - Parameters:
  ///   - intent: begins a sentence, "removing a VPN".
  ///   - words: what was typed after `vpn`.
  func requireRoot(_ intent: String, _ words: String) throws(Failure) {
    guard isRoot else { throw Failure("\(intent) needs root: sudo vpn \(printable(words))") }
  }

  func refuseLinked(_ name: VPNName, _ otherwise: String? = nil) throws(Failure) {
    guard isLinked(name) else { return }
    throw Failure("\(name) is linked: `vpn unlink \(name)` first" + (otherwise.map { "; " + $0 } ?? ""))
  }

  /// While nothing leaves this machine until the VPN is up, that name is what ends it.
  func refuseBlocked(_ name: VPNName) throws(Failure) {
    guard isBlocking(name) else { return }
    throw Failure("nothing leaves this machine until \(name) is up: `vpn down \(name)` first")
  }

  /// Another VPN's profile has it as Underlay, and could not be linked any more.
  func refuseCarrying(_ name: VPNName) throws(Failure) {
    guard let inner = profiles.neighbours(of: name).profiles.first(where: { $0.profile.underlay?.outer == name })?.name else { return }
    throw Failure("\(name) carries \(inner), whose Underlay it is: `sudo vpn edit \(inner) Underlay=` leaves that out")
  }

  func isBlocking(_ name: VPNName) -> Bool {
    var helper = helper
    helper.isQuiet = true
    return ((try? helper.show()) ?? []).contains { $0.name == name.description && $0.isBlocked }
  }

  /// A name for a VPN that there is not yet: no other VPN's, and no link's of this machine, for a VPN that is linked makes one.
  /// - Parameter old: the name that it has now.
  func refuseTaken(
    _ name: VPNName, insteadOf old: VPNName? = nil, by draft: Bool = true, _ remedy: String = "choose another name"
  ) throws(Failure) {
    if let reason = name.isKernels { throw Failure("\(reason): \(remedy), like \(name.alternative)") }
    if let twin = name.twin(in: profiles.names().filter { $0 != old }) { throw Failure(twin) }
    if Files.exists(profiles.file(of: name)) { throw Failure("there is a VPN '\(name)' already: \(remedy)") }
    if draft, Files.exists(profiles.draftFile(of: name)) { throw Failure("there is a draft of '\(name)' already: \(remedy)") }
    if isLinked(name) { throw Failure("a VPN '\(name)' that was removed is still linked: `vpn unlink \(name)` first") }
    if Files.exists("\(links)/\(name)") { throw Failure("this machine has a network link '\(name)' already: \(remedy)") }
  }

  /// Networks that this machine is in, but for those of its VPNs. Where they cannot be found out there is none.
  /// - Parameter notes: says so.
  func foreignNetworks(_ notes: inout [String]) -> [HostNetwork] {
    do throws(SystemError) {
      return try networks().filter { network in VPNName(network.link.utf8).map { !pins.contains($0) } ?? true }
    } catch {
      notes.append("this machine's networks were not compared: \(error.reason)")
      return []
    }
  }

  /// vpn-link knows users and groups by the same two files.
  func refuseUnknownAccounts(_ profile: Profile) throws(Failure) {
    guard profile.isRestricted else { return }
    let files = try [passwd, group].map { path throws(Failure) in
      try Failure.saying("cannot read \(path)") { () throws(SystemError) in try FileDescriptor(reading: path).readAll(limit: .max) }
    }
    do throws(PermissionError) { _ = try profile.permission(passwd: files[0], group: files[1]) } catch {
      throw Failure(error.sentence.description)
    }
  }

  /// After profiles have come, gone or changed.
  func nameTables() { tables.write(profiles.neighbours(of: nil).profiles) }
}
