public import NetworkModel

/// Steps as a script for bash and root, with what is no step besides: `vpn plan`. No secret is in it: it reads keys from the profile as it
/// runs.
public struct Script {
  public private(set) var text = "#!/bin/bash\n"
  /// Of the kernel.
  public var families = IPFamily.allCases
  /// The host switches IPv6 off for links to come, and steps that add an address switch it on for that link.
  public var switchesOnIPv6 = false
  let name: VPNName
  let shell: Shell

  /// - Parameters:
  ///   - slot: of the command in it.
  ///   - summary: lines of comment.
  public init(_ name: VPNName, slot: UInt32, _ summary: [String]) {
    self.name = name
    shell = Shell(box: Names.namespace(name), command: "vpnrun-\(name)-\(Names.port(slot))", isScript: true)
    for line in summary { say(line) }
    add("set -eu")
  }

  /// Begins with an empty line and comments.
  mutating func section(_ comments: String...) {
    text += "\n"
    for comment in comments { say(comment) }
  }

  mutating func say(_ comment: String) { text += "# \(comment)\n" }
  mutating func add(_ lines: String...) { for line in lines { text += line + "\n" } }

  mutating func add(_ steps: [Step], indent: String = "") {
    for step in steps.within(families) {
      if switchesOnIPv6, step.place != .box, case .addAddress(let address) = step.change, address.prefix.family == .v6 {
        let on = KernelChange.sysctl("net/ipv6/conf/\(address.link)/disable_ipv6", "0")
        for line in Step(step.place, on).commandLines(shell) { text += indent + line + "\n" }
      }
      var end = "\n"
      // There may be no port.
      if case .deleteGroup(Names.group) = step.change { end = " 2>/dev/null || true\n" }
      for line in step.commandLines(shell) { text += indent + line + end }
    }
  }
}
