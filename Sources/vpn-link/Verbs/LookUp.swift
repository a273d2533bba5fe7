internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// Says where the host names of a profile's endpoints are now: `HOST=ADDRESS` lines. While a VPN is up all queries go through it, and if it
/// has lost its peer because that has moved, nothing could find it again.
func lookUp(_ name: VPNName, _ session: inout Session) throws(Failure) {
  let profile = try session.numbered(name)
  try Caller.mustBeAllowed(name, profile)
  let search = try NameLookUp(profile)
  guard !search.hosts.isEmpty else { return }
  try attempting("give up capabilities") { () throws(SystemError) in try Capabilities.dropAll() }
  for host in search.hosts {
    if let found = search.addresses(of: host).first(where: { session.hasRoute(to: $0, profile.tunnelMark) }) {
      say("\(host)=\(found)\n", to: 1)
    }
  }
}
