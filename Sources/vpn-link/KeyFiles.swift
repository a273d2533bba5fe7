internal import LinuxSystem
internal import NetworkModel
internal import Privilege
internal import Profile

extension Profile {
  /// With the keys that stand in files of their own.
  func withKeys() throws(Failure) -> Profile {
    var profile = self
    if let file = profile.privateKeyFile {
      profile.privateKey = try key(in: file, "PrivateKeyFile")
      guard profile.privateKey?.isZero == false else { throw Failure("PrivateKeyFile \(file) has a key of zeros") }
    }
    for i in profile.peers.indices {
      guard let file = profile.peers[i].presharedKeyFile else { continue }
      let found = try key(in: file, "PresharedKeyFile")
      profile.peers[i].presharedKey = found.isZero ? nil : found
    }
    return profile
  }
}

/// Programs that hand out secrets change what a link points to, so links in the path are followed. The file itself must be one that
/// only root can have written or read.
private func key(in file: KeyFile, _ name: String) throws(Failure) -> WireGuardKey {
  do throws(Failure) { return try readKey(in: file, name) } catch {
    // A folder on the way may be a user's, who could ask by it what there is elsewhere.
    throw Process.isRoot ? error : Failure("\(name) \(file) cannot be used: `sudo vpn link NAME` or `sudo vpn reload NAME` says why")
  }
}

private func readKey(in file: KeyFile, _ name: String) throws(Failure) -> WireGuardKey {
  let opened = try reading(file, name) { () throws(SystemError) in
    try Capabilities.raise(.dacOverride) { () throws(SystemError) in
      try FileDescriptor.openByLinks(file.path, FileDescriptor.readOnlyWithoutWaiting)
    }
  }
  let (status, isOnFUSE) = try reading(file, name) { () throws(SystemError) in (try opened.status(), try opened.isOnFUSE()) }
  guard status.isRegular else { throw Failure("\(name) \(file) is no plain file") }
  guard status.owner == 0, !status.isOpenToOthers else {
    throw Failure("\(name) \(file) must be root's, and neither readable nor writable by others: `sudo chmod 600 \(file)`")
  }
  guard !isOnFUSE else { throw Failure("\(name) \(file) is on a file system of a user") }
  let text = try reading(file, name) { () throws(SystemError) in try opened.readAll(limit: 46) }
  var line = text[...]
  if line.last == 0x0a { line = line.dropLast() }
  if line.last == 0x0d { line = line.dropLast() }
  guard let key = WireGuardKey(base64: line) else { throw Failure("\(name) \(file) \(oneKey)") }
  return key
}

private let oneKey = "must have one line, a key of 44 characters as wg(8) prints it, and nothing else"

private func reading<T: ~Copyable>(_ file: KeyFile, _ name: String, _ body: () throws(SystemError) -> T) throws(Failure) -> T {
  do throws(SystemError) { return try body() } catch {
    if error.isMissingFile { throw Failure("\(name) \(file): there is no such file") }
    if error.isTooBig { throw Failure("\(name) \(file) \(oneKey)") }
    throw Failure("\(name): cannot read \(error)")
  }
}
