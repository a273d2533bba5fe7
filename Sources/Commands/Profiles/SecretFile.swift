internal import LinuxSystem
internal import NetworkModel
internal import Profile

/// A file that has a key in it, for root. What vpn-link takes is decided there, by the same rules.
enum SecretFile {
  static func key(in file: KeyFile, _ key: ProfileKey) throws(Failure) -> WireGuardKey {
    let name = "\(key.name) \(file)"
    let text: [UInt8]?
    do throws(SystemError) {
      let opened = try FileDescriptor(readingWithoutWaiting: file.path)
      text = try opened.isOwnersAlone() ? opened.readAll(limit: 1 << 16) : nil
    } catch {
      if error.isMissingFile { throw Failure("\(name): there is no such file") }
      throw Failure("cannot read \(name): \(error.reason)")
    }
    guard var line = text?[...] else {
      throw Failure("\(name) must be a plain file, root's, and neither readable nor writable by others: `sudo chmod 600 \(file)`")
    }
    if line.last == 0x0a { line = line.dropLast() }
    if line.last == 0x0d { line = line.dropLast() }
    guard let key = WireGuardKey(base64: line) else {
      throw Failure("\(name) must have one line, a key of 44 characters as wg prints it, and nothing else")
    }
    return key
  }
}

extension Profile {
  /// What is wrong with its key files now. They may come when the system starts.
  var keyFileNotes: [String] {
    let files = [(ProfileKey.privateKeyFile, privateKeyFile)] + peers.map { (.presharedKeyFile, $0.presharedKeyFile) }
    return files.compactMap { key, file in
      guard let file else { return nil }
      do throws(Failure) {
        _ = try SecretFile.key(in: file, key)
        return nil
      } catch { return error.lines[0].dropFirst("vpn: ".count) + "; without it the VPN cannot be linked" }
    }
  }
}
