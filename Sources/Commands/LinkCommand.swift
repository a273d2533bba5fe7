internal import ArgumentParser
internal import NetworkModel

struct LinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "link", abstract: "Build a VPN's box and tunnel, so that commands can run in it.",
    discussion: """
      `vpnrun` does this by itself when needed. Only where the kernel has no WireGuard must it be done once with sudo: \
      it then starts wireguard-go.
      """)

  @OptionGroup var vpn: NameArgument

  @Flag(name: .shortAndLong, help: "Print each change as the command that would make it.")
  var verbose = false

  func run() throws { try LinkRequest(name: vpn.name, verbose: verbose).run() }
}

struct LinkRequest: Request {
  var name: String
  var verbose = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try installation.profiles.find(name)
    let vpn: Report.VPN = try installation.helper.show(name)
    let resolved = vpn.linked ? [] : try resolve(vpn.endpoints)
    try waiting("linking \(name)") { () throws(Failure) in try link(name, resolved, on: installation) }
    return Answer(text: vpn.linked ? "\(name) is linked already\n" : "\(name) is linked: try `vpnrun \(name) -- COMMAND`\n")
  }

  /// The endpoints given by name, each once. Nothing with a privilege ever asks a resolver.
  private func resolve(_ endpoints: [Report.Endpoint]) throws(Failure) -> [ResolvedHost] {
    var resolved: [ResolvedHost] = []
    for endpoint in endpoints {
      let host = endpoint.host
      // An IPv6 address may have a zone; no name has a colon.
      let isAddress = IPAddress(host) != nil || host.contains(":")
      guard !isAddress, !resolved.contains(where: { $0.host == host }) else { continue }
      resolved.append(
        try waiting("resolving \(printable(host))") { () throws(Failure) in try ResolvedHost(resolving: host) })
    }
    return resolved
  }

  private func link(_ name: VPNName, _ resolved: [ResolvedHost], on installation: Installation) throws(Failure) {
    let helper = installation.helper
    guard try helper.link(name, resolved: resolved, verbose: verbose) == .noWireGuard else { return }
    guard installation.isRoot else {
      throw Failure("the kernel has no WireGuard; run `sudo vpn link \(name)` once: it starts wireguard-go")
    }
    let userspace = installation.userspace
    try userspace.start(for: name)
    do throws(Failure) {
      guard try helper.link(name, resolved: resolved, verbose: verbose) == .linked else {
        throw Failure("wireguard-go runs, but vpn-link does not find its device \(userspace.device(of: name))")
      }
    } catch {
      userspace.stop(for: name)
      throw error
    }
  }

  /// Verbose output is progress enough.
  private func waiting<Value>(_ text: String, _ work: () throws(Failure) -> Value) throws(Failure) -> Value {
    verbose ? try work() : try Progress.saying(text, work)
  }
}
