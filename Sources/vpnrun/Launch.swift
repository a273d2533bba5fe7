internal import LinuxSystem
internal import NetworkModel

extension Programs {
  /// The VPN with the lowest ID.
  func defaultVPN() throws(Failure) -> VPNName {
    let (status, output) = try output(of: "vpn-link", [Array("default".utf8)])
    guard status == 0, let name = VPNName(output.prefix { $0 != 0x0a }) else {
      throw Failure("there is no VPN yet: `sudo vpn import FILE` makes one")
    }
    return name
  }

  func link(_ name: VPNName) throws(Failure) {
    // What it says of success is for those who type it; why it failed it has said on standard error.
    let (status, _) = try output(of: "vpn-manage", [Array("link".utf8), Array(name.description.utf8)])
    guard status == 0 else { throw Failure("") }
  }

  /// Becomes vpn-launch; returns only why not. The environment goes through memory, not through exec: a program with capabilities
  /// loses LD_LIBRARY_PATH, TMPDIR and others.
  func launch(_ name: VPNName, isVerbose: Bool, commandIndex: Int) throws(Failure) -> Failure {
    let memory = try attempting("hand over the environment") { () throws(SystemError) in try environmentDescriptor() }
    var words = [Array("--environment=\(memory.raw)".utf8)]
    if isVerbose { words.append(Array("--verbose".utf8)) }
    words += [Array(name.description.utf8), Array("--".utf8)]
    for n in commandIndex..<Arguments.count { words.append(Arguments.bytes(n)) }
    return become("vpn-launch", words, environment: .empty)
  }
}
