internal import NetworkModel

/// The parts of vpnrun on this machine. Tests make one in a temporary folder; nothing else can change these paths.
struct Installation {
  var profiles = ProfileFolder.system
  var pins = PinFolder(path: "/run/netns")
  /// Where the kernel shows the links that there are.
  var links = "/sys/class/net"
  var userspace = UserspaceWireGuard()
  var helper: Helper
  var isRoot: Bool

  /// PREFIX/bin/vpn belongs to PREFIX/libexec/vpnrun, whatever the PREFIX and however it was called.
  static func current() throws(Failure) -> Installation {
    let program = try Failure.saying("cannot read /proc/self/exe") { () throws(SystemError) in try File.target(ofLink: "/proc/self/exe") }
    let prefix = program.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
    return Installation(helper: Helper(path: prefix + "/libexec/vpnrun/vpn-link"), isRoot: User.isRoot)
  }
}

/// Where the boxes of linked VPNs are pinned.
struct PinFolder {
  var path: String
  func contains(_ name: VPNName) -> Bool { File.exists("\(path)/vpn-\(name)") }
}
