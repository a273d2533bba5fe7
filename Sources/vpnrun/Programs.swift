internal import LinuxSystem
internal import NetworkModel

/// The other programs, wherever this one was installed: PREFIX/bin and PREFIX/libexec/vpnrun.
struct Programs {
  private let prefix: String

  init() throws(Failure) { prefix = try attempting("find the other programs") { () throws(SystemError) in try Files.prefix() } }

  private func helper(_ name: String) -> [UInt8] { Array("\(prefix)/libexec/vpnrun/\(name)".utf8) }

  /// The VPN with the lowest ID.
  func defaultVPN() throws(Failure) -> VPNName {
    let (status, output) = try child([helper("vpn-link"), Array("default".utf8)])
    guard status == 0, let name = VPNName(output.prefix { $0 != 0x0a }) else {
      throw Failure("there is no VPN yet: `sudo vpn import FILE` makes one")
    }
    return name
  }

  func link(_ name: VPNName) throws(Failure) {
    // What it says of success is for those who type it; why it failed it has said on standard error.
    let (status, _) = try child([Array("\(prefix)/bin/vpn".utf8), Array("link".utf8), Array(name.description.utf8)])
    guard status == 0 else { throw Failure("") }
  }

  private func child(_ arguments: [[UInt8]]) throws(Failure) -> (status: Int32, output: [UInt8]) {
    do throws(SystemError) { return try Child.run(arguments) } catch { throw refusal(error) }
  }

  /// Becomes vpn-launch; returns only why not. The environment goes through memory, not through exec: a program with capabilities
  /// loses LD_LIBRARY_PATH, TMPDIR and others.
  func launch(_ name: VPNName, isVerbose: Bool, commandIndex: Int) throws(Failure) -> Failure {
    let memory = try attempting("hand over the environment") { () throws(SystemError) in try environmentDescriptor() }
    var words = [helper("vpn-launch"), Array("--environment=\(memory.raw)".utf8)]
    if isVerbose { words.append(Array("--verbose".utf8)) }
    words += [Array(name.description.utf8), Array("--".utf8)]
    for n in commandIndex..<Arguments.count { words.append(Arguments.bytes(n)) }
    let vector = StringVector(words)
    let nothing = StringVector([])
    return refusal(unsafe execute(vector.pointers, environment: nothing.pointers))
  }

  private func refusal(_ error: SystemError) -> Failure {
    if error.isDenied {
      return Failure("you are not in the group that may use VPNs: `sudo adduser \(Process.userName) vpn`, then log in again")
    }
    if error.isMissingFile { return Failure("\(error): the installation is not complete") }
    return Failure("\(error)")
  }
}
