internal import Diagnosis

/// `vpn explain`: the way from top to bottom, a double line where the packet is encrypted, and in a sentence where it ends.
func explanationText(_ path: Explanation, _ style: Style) -> String {
  let sender =
    if path.inbound { "Somebody in \(path.through ?? "")" } else if let command = path.command {
      printable(command) + (path.vpn.map { " in \($0)" } ?? "")
    } else { path.vpn.map { "A command in \($0)" } ?? path.source ?? "A program of the host" }
  let destination = printable(path.destination)
  let what =
    if path.inbound {
      "sends to \(path.command.map { printable($0) } ?? "this machine"), \(destination)"
    } else if path.query, path.port == nil {
      "asks for \(destination) (DNS, port 53)"
    } else { "sends to \(destination)\(path.port.map { ", \($0)" } ?? "")" }
  var text = style(.bold, "\(sender) \(what)") + "\n\n"
  var last: Explanation.Place?
  var isEncrypted = false
  for step in path.steps {
    let line = isEncrypted ? "     ║" : "     │"
    if let last, last != step.place { text += line + "\n" }
    let isEnd = path.reason != nil && step == path.steps.last
    let place = step.place == last ? String(line.dropFirst(2)) : step.place.rawValue
    text += "  " + style(.faint, place.padded(to: 9)) + (isEnd ? style(.bad, "✕ ") : "  ") + printable(step.text) + "\n"
    last = step.place
    isEncrypted = step.encrypted
  }
  return text + "\n" + conclusion(path, style) + "\n"
}

private func conclusion(_ path: Explanation, _ style: Style) -> String {
  if path.inbound { return path.outcome == .local ? style(.good, "It comes in") + "." : style(.bad, "It stops there") + "." }
  return switch path.outcome {
  case .tunnel:
    style(.good, "It goes through \(([path.through ?? ""] + path.carriers).joined(separator: ", and that through "))")
      + ", and leaves encrypted by \(path.link ?? "")."
  case .direct where path.through != nil:
    style(.good, "It goes through \(path.through ?? "")") + ", and leaves by \(path.link ?? ""), as it is."
  case .direct: style(.warning, "It goes past every VPN") + ", in the clear by \(path.link ?? "")."
  case .local: "It stays on this machine."
  case .stops: style(.bad, "It stops there") + ", and nothing leaves."
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
