internal import LinuxSystem
internal import NetworkModel

/// One that runs in a VPN, and whose network another command gets.
struct Joined {
  var name: VPNName
  /// Its network namespace, open. Which command's it is, and whose, vpn-launch asks of that and of nothing else.
  var namespace: Int32
}

extension Programs {
  /// vpn-manage knows who runs what, and says in which file the network is and which number that has. Opened with the caller's own rights.
  /// - Parameters:
  ///   - what: a process's number, or the label of an attached namespace.
  ///   - name: the VPN where it must be, if one was typed.
  func running(_ what: [UInt8], in name: VPNName?) throws(Failure) -> Joined {
    let words = (name.map { [Array("--in=\($0)".utf8)] } ?? []) + [Array("--".utf8), what]
    let (status, output) = try output(of: "vpn-manage", [Array("find-running".utf8)] + words)
    // Why not, it has said on standard error.
    guard status == 0 else { throw Failure("") }
    let parts = output.prefix { $0 != 0x0a }.split(separator: 0x20, maxSplits: 2)
    let shown = String(printable: what.prefix(64))
    guard parts.count == 3, let name = VPNName(parts[0]), let number = UInt64(decimal: parts[1]) else {
      throw Failure("cannot find \(shown): the installation is not complete")
    }
    let path = String(decoding: parts[2], as: UTF8.self)
    let namespace = try attempting("open the network of \(shown)") { () throws(SystemError) -> Int32? in
      let file = try FileDescriptor.open(path, FileDescriptor.readOnlyWithoutWaiting)
      return try file.status().inode == number ? try file.duplicate() : nil
    }
    guard let namespace else { throw Failure("\(shown) has ended in this moment") }
    return Joined(name: name, namespace: namespace)
  }
}
