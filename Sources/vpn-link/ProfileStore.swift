internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// The profiles in /etc/vpnrun. What they say decides where packets go and which keys are used, so only root may have written them,
/// and nobody may be able to put something else in their place.
enum ProfileStore {
  private static let folder = Names.profiles
  private static let suffix = ".conf"

  static func path(_ name: VPNName) -> String { "\(folder)/\(name)\(suffix)" }

  /// Names of all profiles, sorted by their bytes. Files of other names are nobody's business.
  static func names() throws(Failure) -> [VPNName] {
    let found: [[UInt8]]
    do throws(SystemError) { found = try Files.names(in: folder) } catch {
      if error.isMissingFile { return [] }
      throw Failure("cannot list the profiles: \(error)")
    }
    return found.filter { $0.suffix(5).elementsEqual(suffix.utf8) }.compactMap { VPNName($0.dropLast(5)) }
      .sorted { $0.description.utf8.lexicographicallyPrecedes($1.description.utf8) }
  }

  /// The VPN with the lowest ID of those that the caller may use.
  /// - Returns: `nil` if there is none at all.
  static func defaultName() throws(Failure) -> VPNName? {
    var best: (id: UInt8, name: VPNName)?
    let names = try names()
    for name in names {
      guard let profile = try? read(name), let id = profile.id, id < best?.id ?? .max, (try? Caller.isAllowed(name, profile)) == true else {
        continue
      }
      best = (id, name)
    }
    if best == nil, !names.isEmpty { throw Failure("there is no VPN that you may use: `vpn list` shows which there are") }
    return best?.name
  }

  /// Opens the file and holds on to it: its lock is the VPN's.
  static func open(_ name: VPNName) throws(Failure) -> FileDescriptor {
    let path = path(name)
    do throws(SystemError) {
      for part in ["/", "/etc", folder] {
        let status = try FileDescriptor.openStrictly(part, FileDescriptor.folder).status()
        guard status.owner == 0, !status.isWritableByOthers else {
          throw SystemError("\(part) must be root's and writable by root only", errno: 0)
        }
      }
      let parent = try FileDescriptor.openStrictly(folder, FileDescriptor.folder)
      let file = try Capabilities.raise(.dacOverride) { () throws(SystemError) in
        try parent.openStrictly(in: "\(name)\(suffix)", FileDescriptor.readOnlyWithoutWaiting)
      }
      let status = try file.status()
      guard status.isRegular else { throw SystemError("\(path) must be a plain file", errno: 0) }
      guard status.owner == 0, !status.isWritableByOthers else {
        throw SystemError("\(path) must be root's and writable by root only", errno: 0)
      }
      guard status.links == 1 else { throw SystemError("\(path) has another name as well (a hard link)", errno: 0) }
      guard try !file.isOnFUSE() else { throw SystemError("\(path) is on a file system of a user", errno: 0) }
      return file
    } catch {
      if error.errno == 0 { throw Failure(error.call) }
      if error.isMissingFile {
        throw Failure("there is no VPN '\(name)': `vpn list` shows which there are, `sudo vpn import FILE` makes one")
      }
      if error.isSymbolicLink { throw Failure("\(path) must be a plain file, not a link") }
      throw Failure("cannot read \(path): \(error)")
    }
  }

  static func parse(_ file: borrowing FileDescriptor, of name: VPNName) throws(Failure) -> Profile {
    let text = try attempting("read \(path(name))") { () throws(SystemError) in try file.readAll(limit: Profile.maximumSize) }
    do throws(ProfileErrors) { return try Profile.parse(text) } catch { throw Failure(error.text(file: path(name))) }
  }

  static func read(_ name: VPNName) throws(Failure) -> Profile { try parse(try open(name), of: name) }

  /// The profile's ID; `vpn import` always writes one.
  static func id(_ profile: Profile, of name: VPNName) throws(Failure) -> UInt8 {
    guard let id = profile.id else {
      throw Failure("\(path(name)): no ID; write one of 1 to 99 that no other VPN has, as `ID = 7` below `[VPN]`")
    }
    return id
  }
}
