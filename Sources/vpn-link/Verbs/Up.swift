internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// `vpn up`: puts the whole system behind a VPN, the default one without a name. Links it first if it is not.
func up(_ given: VPNName?, _ session: inout Session) throws(Failure) {
  var name = given
  if name == nil { name = try session.defaultName() }
  guard let name else { throw Failure("there is no VPN yet: `sudo vpn import FILE` makes one") }
  _ = try session.profiles.profile(name)
  try session.changingRoutes(of: name, as: .carrier) { session throws(Failure) in try goUp(name, &session) }
}

private func goUp(_ name: VPNName, _ session: inout Session) throws(Failure) {
  let profile = try session.numbered(name)
  let id = try profile.id(of: name)
  try refuseUnwanted(name, profile)

  // A link without an alias is all that a `vpn link` has made which was killed.
  let (hasBox, link) = (try Box.exists(name), try session.hostLink(name))
  let wasLinked = hasBox && link?.alias != nil
  var found = wasLinked ? try session.identity(name, profile) : nil
  var hasUnusualMark = false
  if found?.memory[.isForCommandsOnly] ?? true {
    if let holder = try session.holder(of: profile.addresses, besides: name, session.state()) { throw Failure(holder.refusal(name)) }
    hasUnusualMark = try session.establish(name)
    found = try session.identity(name, profile)
  }
  guard var identity = found else { throw Failure("\(name) is not linked: `vpn link \(name)`") }
  let wasUp = identity.memory[.isUp]
  identity.memory[.isMadeByUp] = identity.memory[.isMadeByUp] || !wasLinked
  var vpn = VPN(name: name, id: id, profile: profile, peers: [])
  if var box = try session.box(name) { vpn.use(try box.resolvers()) }
  var state = try session.state()
  try session.carry(identity, vpn, &state)
  if hasUnusualMark { try session.carryAgain() }
  if !wasUp { session.record(.up, of: name) }
  say(upText(vpn, state, wasUp: wasUp), to: 1)
}

private func refuseUnwanted(_ name: VPNName, _ profile: Profile) throws(Failure) {
  let remedy = "leave it out, or use `vpnrun \(name) -- COMMAND`"
  if profile.systemWide == .no { throw Failure("\(Names.profile(name)) has `SystemWide = no`: \(remedy)") }
  if case .off = profile.table { throw Failure("\(Names.profile(name)) has `Table = off`, so no routes are wanted: \(remedy)") }
}

private func upText(_ vpn: VPN, _ state: HostState, wasUp: Bool) -> String {
  var text = "\(vpn.name) is up\(wasUp ? " already" : "")"
  switch vpn.scope {
  case .all: text += ": everything goes through it"
  case .networks(let networks):
    text += ": traffic to " + networks.prefix(4).map { $0.description }.joined(separator: ", ")
    if networks.count > 4 { text += " and \(networks.count - 4) more networks" }
    text += " goes through it"
  }
  if let first = state.up.first, first.id < vpn.id { text += ", after \(first.name), which comes first" }
  if state.up.first(where: { $0.memory[.takesQueries] })?.id == vpn.id {
    text += vpn.dns.isEmpty ? "" : "; names are resolved by " + vpn.dns.map { $0.description }.joined(separator: ", ")
  }
  if vpn.scope == .all, vpn.dns.isEmpty {
    text += "\nIt has no DNS servers: queries go through it to those that the system asks, and those of the LAN cannot be reached"
  }
  return text + "\n"
}
