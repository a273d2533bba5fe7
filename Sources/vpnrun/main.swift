// vpnrun: starts a command whose network is a VPN. It has no privilege; vpn-launch has, and is given a name and a command.

internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Version

do throws(Failure) {
  switch try RunRequest.read() {
  case .help: say(RunRequest.helpText, to: 1)
  case .version: say("vpnrun \(version)\n", to: 1)
  case .run(let given, let isVerbose, let guarding, let commandIndex):
    let programs = try Programs()
    let name: VPNName
    if let given { name = given } else { name = try programs.defaultVPN() }
    try guarding.check(name, commandIndex: commandIndex)
    // Without a box there is none to enter: `vpn link` builds it, resolving the endpoint's name on the way.
    // (A plain file, left by one that was killed while pinning, is none.)
    if (try? NetworkNamespace.pinned(at: Names.pin(name))) == nil { try programs.link(name) }
    throw try programs.launch(name, isVerbose: isVerbose, commandIndex: commandIndex)
  }
} catch {
  error.end(as: "vpnrun")
}
