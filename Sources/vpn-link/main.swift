// vpn-link: builds and removes the boxes of VPNs, and tells of them.
//
// It has cap_net_admin, cap_sys_admin and cap_dac_override in its permitted set and nothing effective; each is raised around one
// operation. It takes the name of a VPN whose profile is root's. The one thing that comes from the caller besides is the address of an
// endpoint's host name: resolving names needs plug-ins and the network, which have no place here. A wrong address gets nothing but
// handshakes that nobody without the peer's private key can answer.

internal import LinuxSystem
internal import Privilege

do throws(Failure) {
  // What is asked. Must not touch anything.
  let request = try LinkRequest(Arguments.words)

  // Who we are. Must not raise anything before this is known.
  try establishIdentity(keeping: [.netAdmin, .sysAdmin, .dacOverride], program: "vpn-link")
  // Killing it at any time leaves nothing, or something that the next `vpn link` completes and `vpn down` removes: signals stay as they are.
  _ = try attempting("prepare") { () throws(SystemError) in try CallersState.putAside(blockingSignals: false) }

  switch request {
  case .link(let name, let resolved, let isVerbose): try link(name, resolved: resolved, isVerbose: isVerbose)
  case .unlink(let name, let isForced, let isVerbose): try unlink(name, isForced: isForced, isVerbose: isVerbose)
  case .up(let name, let resolved, let isVerbose): try up(name, resolved: resolved, isVerbose: isVerbose)
  case .down(let name, let isVerbose): try down(name, isVerbose: isVerbose)
  case .toggle(let name, let resolved, let isVerbose): try toggle(name, resolved: resolved, isVerbose: isVerbose)
  case .refresh(let name, let resolved, let isVerbose): try refresh(name, resolved: resolved, isVerbose: isVerbose)
  case .reload(let name, let resolved, let isVerbose): try reload(name, resolved: resolved, isVerbose: isVerbose)
  case .wait(let name, let seconds, let isQuiet): try wait(name, seconds: seconds, isQuiet: isQuiet)
  case .clean(let name, let isDry): try clean(name, isDry: isDry)
  case .plan(let name, let actions, let resolved): try plan(name, actions, resolved: resolved)
  case .show(let name): try show(name)
  case .lookUp(let name): try lookUp(name)
  case .ways: try sayWays()
  case .defaultName: try sayDefault()
  }
} catch {
  error.end(as: "vpn")
}
