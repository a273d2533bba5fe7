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
  /// - Parameter name: of a VPN that must not be linked, unlinked, taken up or down meanwhile: vpn-link locks its file, too.
  func locked(_ name: VPNName? = nil) throws(Failure) -> LockedFolder {
    var wait = LockWait()
    while true {
      let folder = try locking { () throws(SystemError) in try FileDescriptor(reading: path) }
      let lock = try locking { () throws(SystemError) in try FileDescriptor(forLock: LockedFolder.lockName, in: folder) }
      guard try locking({ () throws(SystemError) in try lock.isOwnersAlone() }) else {
        throw Failure("\(path)/\(LockedFolder.lockName) must be root's alone: remove it")
      }
      guard try locking({ () throws(SystemError) in try lock.lock() }) else {
        try wait.pause(for: lock)
        continue
      }
      // Another process has removed it meanwhile.
      guard try locking({ () throws(SystemError) in try lock.status().links > 0 }) else { continue }
      guard let name, Files.exists(file(of: name)) else { return LockedFolder(folder, lock, nil) }
      let profile = try locking { () throws(SystemError) in try FileDescriptor(reading: file(of: name)) }
      if try locking({ () throws(SystemError) in try profile.lock() }) { return LockedFolder(folder, lock, profile) }
      // All or none: who waits does not keep others waiting.
      lock.unlock()
      try wait.pause(for: profile)
    }
  }

  private func locking<Value: ~Copyable>(_ work: () throws(SystemError) -> Value) throws(Failure) -> Value {
    try Failure.saying("cannot lock \(path)", work)
  }

  /// Whole or not at all, whatever happens on the way.
  func write(_ content: [UInt8], of name: VPNName, in folder: borrowing FileDescriptor) throws(Failure) {
    do throws(SystemError) { try folder.replace("\(name).conf", with: content, mode: 0o600) } catch {
      throw Failure("cannot write \(file(of: name)): \(error.reason)")
    }
  }
}

/// The folder of profiles, and locks.
struct LockedFolder: ~Copyable {
  /// There only as long as it is locked, and only root can open it: any user may open, and lock, the folder itself.
  fileprivate static let lockName = ".lock"

  let descriptor: FileDescriptor
  private let lock: FileDescriptor
  private let profile: FileDescriptor?

  fileprivate init(_ descriptor: consuming FileDescriptor, _ lock: consuming FileDescriptor, _ profile: consuming FileDescriptor?) {
    self.descriptor = descriptor
    self.lock = lock
    self.profile = profile
  }

  deinit { try? descriptor.remove(Self.lockName) }
}
