internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// The folder of profiles. Everybody may see the names; only root may read the files.
struct ProfileFolder {
  var path: String

  static let system = ProfileFolder(path: "/etc/vpnrun")
  static let noneYet = "there is no VPN yet; import one with `sudo vpn import FILE`"

  func file(of name: VPNName) -> String { "\(path)/\(name).conf" }

  /// VPNs by name, sorted. No folder: no VPNs.
  func names() -> [VPNName] {
    let files = (try? Files.list(path)) ?? []
    let names = files.compactMap { $0.hasSuffix(".conf") ? VPNName(String($0.dropLast(5))) : nil }
    return names.sorted { $0.description < $1.description }
  }

  /// The VPN that the user means, or a sentence that helps to find it.
  func find(_ typed: String) throws(Failure) -> VPNName {
    let names = names()
    if let name = VPNName(typed), names.contains(name) { return name }
    let all = names.map(\.description)
    let meant = Suggestion.nearest(to: typed, among: all).map { "did you mean '\($0)'?" }
    let hint = meant ?? (all.isEmpty ? "import one with `sudo vpn import FILE`" : "there is \(all.joined(separator: ", "))")
    throw Failure("there is no VPN '\(printable(typed))'; \(hint)")
  }
}

extension ProfileFolder {
  func find(_ typed: String?) throws(Failure) -> VPNName? {
    guard let typed else { return nil }
    return try find(typed) as VPNName
  }
}

/// Drafts: what `vpn new` has begun and `vpn edit` completes. To all others they are no VPNs.
extension ProfileFolder {
  func draftFile(of name: VPNName) -> String { file(of: name) + ".new" }

  func draft(of name: VPNName) throws(Failure) -> [UInt8]? {
    guard Files.exists(draftFile(of: name)) else { return nil }
    return try Failure.saying("cannot read \(draftFile(of: name))") { () throws(SystemError) in
      try FileDescriptor(reading: draftFile(of: name)).readAll(limit: Profile.maximumSize)
    }
  }

  func findOrDraft(_ typed: String) throws(Failure) -> VPNName {
    if let name = VPNName(typed), Files.exists(draftFile(of: name)) { return name }
    return try find(typed)
  }

  func writeDraft(_ content: [UInt8], of name: VPNName, in folder: borrowing FileDescriptor) throws(Failure) {
    do throws(SystemError) { try folder.replace("\(name).conf.new", with: content, mode: 0o600) } catch {
      throw Failure("cannot write \(draftFile(of: name)): \(error.reason)")
    }
  }

  func removeDraft(of name: VPNName, in folder: borrowing FileDescriptor) throws(Failure) {
    guard Files.exists(draftFile(of: name)) else { return }
    do throws(SystemError) {
      try folder.remove("\(name).conf.new")
      try folder.sync()
    } catch { throw Failure("cannot remove \(draftFile(of: name)): \(error.reason)") }
  }
}

/// For root.
extension ProfileFolder {
  /// `nil` where there is no such profile.
  func contents(of name: VPNName) throws(Failure) -> [UInt8]? {
    guard Files.exists(file(of: name)) else { return nil }
    return try Failure.saying("cannot read \(file(of: name))") { () throws(SystemError) in
      try FileDescriptor(reading: file(of: name)).readAll(limit: Profile.maximumSize)
    }
  }

  /// All VPNs but that one. A profile that cannot be read claims nothing, and is told of.
  func neighbours(of name: VPNName?) -> (profiles: [ProfileNeighbour], notes: [String]) {
    var profiles: [ProfileNeighbour] = []
    var notes: [String] = []
    for other in names() where other != name {
      guard let text = try? contents(of: other), let profile = try? Profile.parse(text) else {
        notes.append("\(file(of: other)) cannot be read, so its ID and addresses were not compared")
        continue
      }
      profiles.append(ProfileNeighbour(name: other, profile: profile))
    }
    return (profiles, notes)
  }

  /// Held while a profile is chosen and written: two imports at once would give one ID twice.
  func locked() throws(Failure) -> FileDescriptor {
    try Failure.saying("cannot open \(path)") { () throws(SystemError) in
      let folder = try FileDescriptor(reading: path)
      try folder.lock()
      return folder
    }
  }

  /// Held while that VPN must not be linked, unlinked, taken up or down: vpn-link locks its file, too.
  func locked(_ name: VPNName) throws(Failure) -> FileDescriptor {
    try Failure.saying("cannot open \(file(of: name))") { () throws(SystemError) in
      let profile = try FileDescriptor(reading: file(of: name))
      try profile.lock()
      return profile
    }
  }

  /// Whole or not at all, whatever happens on the way; and not while vpn-link works with the one that is there.
  func write(_ content: [UInt8], of name: VPNName, in folder: borrowing FileDescriptor) throws(Failure) {
    let turn = Files.exists(file(of: name)) ? try locked(name) : nil
    defer { _ = turn }
    do throws(SystemError) { try folder.replace("\(name).conf", with: content, mode: 0o600) } catch {
      throw Failure("cannot write \(file(of: name)): \(error.reason)")
    }
  }
}
