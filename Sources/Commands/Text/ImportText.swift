internal import NetworkModel
internal import Profile

/// What `vpn import` did, what it left out, and what to type next.
func importText(_ plan: ImportPlan, _ profile: Profile, file: String, isLinked: Bool, _ style: Style) -> String {
  guard plan.change != .none else { return "\(plan.name) is imported already; nothing changed\n" }
  var text = style(.bold, "\(plan.name)") + (plan.change == .new ? " imported to " : " replaced in ") + file + "\n"
  let addresses = profile.addresses.map(\.address.description).joined(separator: ", ")
  text += Table(rows: [["ID", "\(plan.id)"], ["address", .init(addresses)]], indent: 2).text(style)
  if !profile.hooks.isEmpty {
    text += style(.warning, "Left out, and never run:") + "\n"
    for hook in profile.hooks { text += "  \(printable(hook.description))\n" }
    text += "  Nothing is lost: a command in a VPN has no way out but the tunnel, and needs no kill-switch rules.\n"
  }
  if profile.dns.isEmpty { text += style(.warning, "It has no DNS:") + " commands have no resolver of the VPN's.\n" }
  if plan.change == .replaced, isLinked {
    return text + "It is linked as it was before. To use the new one: vpn unlink \(plan.name), then vpn link \(plan.name)\n"
  }
  return text + "Next: vpnrun \(plan.name) -- COMMAND\n"
}
