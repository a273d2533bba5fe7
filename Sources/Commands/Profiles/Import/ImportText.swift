internal import LinuxSystem
internal import NetworkModel
internal import Profile

/// What `vpn import` did, what it left out, and what to type next.
func importText(_ plan: ImportPlan, _ profile: Profile, file: String, isLinked: Bool, _ style: Style) -> String {
  guard plan.change != .none else { return "\(plan.name) is imported already; nothing changed\n" }
  var text = style(.bold, "\(plan.name)") + (plan.change == .new ? " imported to " : " replaced in ") + file + "\n"
  let addresses = profile.addresses.map { profile.hasBox ? $0.address.description : $0.description }.joined(separator: ", ")
  text += Table(rows: [["ID", .init(plan.idText)], ["address", .init(addresses.isEmpty ? "none" : addresses)]], indent: 2).text(style)
  text += hooksText(profile, style)
  if profile.dns.isEmpty, profile.runsCommands { text += style(.warning, "It has no DNS:") + " commands have no resolver of the VPN's.\n" }
  if plan.change == .replaced, isLinked {
    return text + "It is linked as it was before. To use the new one: vpn reload \(plan.name)\n"
  }
  return text + nextText(plan.name, profile)
}

/// What to do with a VPN that is new.
func nextText(_ name: VPNName, _ profile: Profile) -> String {
  profile.runsCommands ? "Next: vpnrun \(name) -- COMMAND\n" : "Next: vpn link \(name)\n"
}

/// The lines of a file that were left out; nothing if there are none.
func hooksText(_ profile: Profile, _ style: Style) -> String {
  guard !profile.hooks.isEmpty else { return "" }
  var text = style(.warning, "Left out, and never run:") + "\n"
  for hook in profile.hooks { text += "  \(printable(hook.description))\n" }
  return text + "  Nothing is lost: a command in a VPN has no way out but the tunnel, and needs no kill-switch rules.\n"
}

/// What `vpn import` did with a folder's or an archive's files, a line each.
/// - Parameter refused: how many were not taken.
func importAllText(_ outcomes: [ImportRequest.Outcome], refused: Int, _ style: Style) -> String {
  var table = Table()
  var counts: [ImportPlan.Change: Int] = [:]
  for outcome in outcomes {
    let plan = outcome.plan
    counts[plan.change, default: 0] += 1
    let what =
      switch plan.change {
      case .new: "imported"
      case .replaced: "replaced"
      case .none: "is imported already"
      }
    var left: [String] = []
    for hook in outcome.profile.hooks where !left.contains(hook.key.name) { left.append(hook.key.name) }
    let more = plan.change == .none || left.isEmpty ? "" : ", without its " + left.joined(separator: ", ")
    // Where the name is not the file's own.
    let from = outcome.origin.map { ", from \(printable($0))" } ?? ""
    let id = plan.id.map { "ID \($0)" } ?? "no ID"
    table.rows.append([.init(plan.name.description, .bold), .init(id), .init(what + more + from)])
  }
  let parts = [(counts[.new], "imported"), (counts[.replaced], "replaced"), (counts[.none], "unchanged"), (refused, "refused")]
  let summary = parts.compactMap { count, word in (count ?? 0) > 0 ? "\(count ?? 0) \(word)" : nil }
  return table.text(style) + summary.joined(separator: ", ") + "\n"
}

extension ImportPlan {
  var idText: String { id.map { "\($0)" } ?? "one that is free when it is linked" }
}
