internal import NetworkModel
internal import Profile

/// What `vpn edit` did, and what to type next.
func editText(_ plan: ImportPlan, _ profile: Profile, isLinked: Bool, _ style: Style) -> String {
  var text = hooksText(profile, style)
  switch plan.change {
  case .none: return text + "nothing changed\n"
  case .new: text += style(.bold, "\(plan.name)") + " is complete, with ID \(plan.idText)\n" + nextText(plan.name, profile)
  case .replaced: text += style(.bold, "\(plan.name)") + " is changed\n"
  }
  guard isLinked else { return text }
  return text + "It is linked as it was before. To use the new one: vpn reload \(plan.name)\n"
}
