internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// The profiles in /etc/vpnrun, each read once. What they say decides where packets go and which keys are used, so only root may have
/// written them, and no other user may be able to put something else in their place.
struct Profiles: ~Copyable {
  private let families: [IPFamily]
  private var known: [(name: VPNName, found: Found)] = []
  private var listed: [VPNName]?
  /// That of the profiles, once it has been looked at.
  private var folder: FileDescriptor?
  /// The host's, once one of them was asked for.
  private var links: [LinkState]?

  private enum Found {
    case profile(Profile)
    /// Why not. Not its own fault: a lack of memory or of descriptors must not make it look as if it were not there.
    case none(Failure, isItsOwnFault: Bool)
  }

  /// - Parameter families: those of the kernel. Profiles are as if nothing else were in them: see `Profile.within`.
  init(_ families: [IPFamily]) { self.families = families }

  private static let suffix = Names.profileSuffix

  /// Of all profiles, sorted by their bytes. Files of other names do not count.
  mutating func names() throws(Failure) -> [VPNName] {
    if let listed { return listed }
    let found: [[UInt8]]
    do throws(SystemError) { found = try Files.names(in: Names.profiles) } catch {
      if error.isMissingFile { return [] }
      throw Failure("cannot list the profiles: \(error)")
    }
    let names = found.filter { $0.suffix(Self.suffix.utf8.count).elementsEqual(Self.suffix.utf8) }
      .compactMap { VPNName($0.dropLast(Self.suffix.utf8.count)) }
      .sorted { $0.description.utf8.lexicographicallyPrecedes($1.description.utf8) }
    listed = names
    return names
  }

  /// - Throws: why it cannot be used.
  mutating func profile(_ name: VPNName) throws(Failure) -> Profile {
    switch find(name) {
    case .profile(let profile): return profile
    case .none(let failure, _): throw failure
    }
  }

  /// - Returns: `nil` if there is none, or it cannot be used.
  /// - Throws: if that is this machine's fault and not the profile's.
  mutating func usable(_ name: VPNName) throws(Failure) -> Profile? {
    switch find(name) {
    case .profile(let profile): return profile
    case .none(_, isItsOwnFault: true): return nil
    case .none(let failure, isItsOwnFault: false): throw failure
    }
  }

  /// Of one that cannot be used: whether its text asks for it all the same.
  static func asksForBlock(_ name: VPNName) -> Bool {
    do throws(Failure) {
      let file = try open(name)
      return Profile.asksForBlock((try? file.readAll(limit: Profile.maximumSize)) ?? [])
    } catch { return false }
  }

  /// All others that can be used.
  mutating func others(than name: VPNName) throws(Failure) -> [(name: VPNName, profile: Profile)] {
    var others: [(name: VPNName, profile: Profile)] = []
    for other in try names() where other != name {
      if let profile = try usable(other) { others.append((other, profile)) }
    }
    return others
  }

  mutating func forget() { self = Profiles(families) }

  private mutating func find(_ name: VPNName) -> Found {
    // A closure would get a copy of each profile.
    for i in known.indices where known[i].name == name { return known[i].found }
    let found: Found
    do throws(Refusal) {
      if folder == nil { folder = try Self.openedFolder() }
      found = read(try Self.opened(name, in: folder!), name)
    } catch {
      found = .none(error.failure(name), isItsOwnFault: error.isItsOwnFault)
    }
    known.append((name, found))
    return found
  }

  /// From now on the profile has that ID, which the file does not say.
  mutating func number(_ name: VPNName, _ id: UInt8) {
    for i in known.indices where known[i].name == name {
      guard case .profile(var profile) = known[i].found else { continue }
      profile.id = id
      known[i].found = .profile(profile.byLink(id: id))
    }
  }

  /// A profile without an ID has that of its link, if it is linked: the kernel remembers what the VPN was given.
  private mutating func linkedID(_ name: VPNName) throws(SystemError) -> UInt8? {
    if links == nil {
      var route = try NetlinkSocket(.route)
      links = try route.links()
    }
    guard let found = links!.first(where: { $0.name == Names.hostLink(name) }), found.mac == Pair.hostEnd.bytes || found.isHostTunnel,
      let alias = found.alias
    else { return nil }
    return Identity(name: name, alias: alias, addresses: [])?.id
  }

  private mutating func read(_ file: borrowing FileDescriptor, _ name: VPNName) -> Found {
    let text: [UInt8]
    do throws(SystemError) { text = try file.readAll(limit: Profile.maximumSize) } catch {
      return .none(Failure("cannot read \(Names.profile(name)): \(error)"), isItsOwnFault: error.isTooBig)
    }
    let parsed: Profile?
    do throws(ProfileErrors) { parsed = try Profile.parse(text).within(families) } catch {
      return .none(Failure(error.text(file: Names.profile(name))), isItsOwnFault: true)
    }
    guard var profile = parsed else {
      return .none(Failure("\(name) has IPv6 addresses only, and this kernel has no IPv6"), isItsOwnFault: true)
    }
    do throws(SystemError) { if profile.id == nil { profile.id = try linkedID(name) } } catch {
      return .none(Failure("cannot look at the link \(name): \(error)"), isItsOwnFault: false)
    }
    return .profile(profile.id.map { profile.byLink(id: $0) } ?? profile)
  }

  // MARK: The file

  /// Why a profile's file is not opened.
  private enum Refusal: Error {
    case sentence(String)
    case system(SystemError)

    var isItsOwnFault: Bool {
      switch self {
      case .sentence: true
      case .system(let error): error.isMissingFile || error.isSymbolicLink
      }
    }

    func failure(_ name: VPNName) -> Failure {
      switch self {
      case .sentence(let sentence): return Failure(sentence)
      case .system(let error):
        if error.isMissingFile {
          return Failure("there is no VPN '\(name)': `vpn list` shows which there are, `sudo vpn import FILE` makes one")
        }
        if error.isSymbolicLink { return Failure("\(Names.profile(name)) must be a plain file, not a link") }
        return Failure("cannot read \(Names.profile(name)): \(error)")
      }
    }
  }

  /// Opens the file and holds on to it: its lock is the VPN's.
  static func open(_ name: VPNName) throws(Failure) -> FileDescriptor {
    do throws(Refusal) { return try opened(name, in: try openedFolder()) } catch { throw error.failure(name) }
  }

  private static func openedFolder() throws(Refusal) -> FileDescriptor {
    for part in ["/", "/etc", Names.profiles] {
      let status = try asking { () throws(SystemError) in try FileDescriptor.openStrictly(part, FileDescriptor.folder).status() }
      guard status.owner == 0, !status.isWritableByOthers else { throw .sentence("\(part) must be root's and writable by root only") }
    }
    return try asking { () throws(SystemError) in try FileDescriptor.openStrictly(Names.profiles, FileDescriptor.folder) }
  }

  private static func opened(_ name: VPNName, in folder: borrowing FileDescriptor) throws(Refusal) -> FileDescriptor {
    let path = Names.profile(name)
    let file = try asking { () throws(SystemError) in
      try Capabilities.raise(.dacOverride) { () throws(SystemError) in
        try folder.openStrictly(in: "\(name)\(suffix)", FileDescriptor.readOnlyWithoutWaiting)
      }
    }
    let (status, isOnFUSE) = try asking { () throws(SystemError) in (try file.status(), try file.isOnFUSE()) }
    guard status.isRegular else { throw .sentence("\(path) must be a plain file") }
    guard status.owner == 0, !status.isWritableByOthers else { throw .sentence("\(path) must be root's and writable by root only") }
    guard status.links == 1 else { throw .sentence("\(path) has another name as well (a hard link)") }
    guard !isOnFUSE else { throw .sentence("\(path) is on a file system of a user") }
    return file
  }

  private static func asking<T: ~Copyable>(_ body: () throws(SystemError) -> T) throws(Refusal) -> T {
    do throws(SystemError) { return try body() } catch { throw .system(error) }
  }
}

extension Profile {
  /// The profile's ID, or that which it has while it is linked: `Session.numbered` gives one to a VPN that is about to be.
  func id(of name: VPNName) throws(Failure) -> UInt8 {
    guard let id else { throw Failure("\(name) has no ID, and is not linked: `vpn link \(name)` gives it one") }
    return id
  }
}
