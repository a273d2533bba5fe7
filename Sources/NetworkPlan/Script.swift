public import NetworkModel

/// Steps as a script for bash and root, with what is no step besides: `vpn plan`. No secret is in it: it reads keys from the profile as it
/// runs.
public struct Script {
  public private(set) var text = "#!/bin/bash\n"
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
    for step in steps {
      var end = "\n"
      // It may be empty.
      if case .deleteGroup = step.change { end = " 2>/dev/null || true\n" }
      for line in step.commandLines(shell) { text += indent + line + end }
    }
  }
}
