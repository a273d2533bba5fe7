internal import Diagnosis

/// `vpn check`: a line for each finding, and below it why it matters and what fixes it, where it is not well.
/// - Parameter isVerbose: with reason and remedy of notes, too.
func checkText(_ findings: [Finding], isVerbose: Bool, _ style: Style) -> String {
  var text = ""
  for finding in findings {
    let (mark, look): (String, Style.Look?) =
      switch finding.severity {
      case .ok: ("ok  ", .good)
      case .note: ("note", .faint)
      case .warning: ("!   ", .warning)
      case .problem: ("!!  ", .bad)
      }
    let subject = finding.vpn.map { "\($0): " } ?? ""
    text += "\(style(look, mark))  \(printable(subject + finding.what))\n"
    guard isVerbose || finding.severity == .warning || finding.severity == .problem else { continue }
    if let why = finding.why { text += "        \(printable(why))\n" }
    if let fix = finding.fix { text += "        \(style(.faint, "fix:")) \(style(.bold, printable(fix)))\n" }
  }
  return text + checkSummary(findings) + "\n"
}

private func checkSummary(_ findings: [Finding]) -> String {
  let problems = findings.count { $0.severity == .problem }
  let warnings = findings.count { $0.severity == .warning }
  let rest = warnings == 0 ? "" : ", \(Words.count(warnings, "warning"))"
  return problems == 0 ? "No problem found\(rest)." : "\(Words.count(problems, "problem"))\(rest)."
}
