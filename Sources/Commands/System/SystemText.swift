internal import Diagnosis
internal import HelperWire

/// What `vpn status` says first: where the system's traffic and its DNS queries go. Of one VPN, when only that was asked for.
/// - Parameters:
///   - vpns: all, by ID.
///   - outside: commands of `vpnrun --direct`.
///   - now: seconds since 1970.
func systemText(
  _ vpns: [Report.VPN], only name: String?, outside: @autoclosure () -> [ProcessTable.Entry] = [], now: Int, _ style: Style
) -> String {
  var sentences: [(String, Style.Look)] = []
  var whole: Report.VPN?
  var isSplit = false
  for vpn in vpns where vpn.takenUp {
    var way: String
    if let whole {
      way = "\(vpn.name) is up behind \(whole.name), and takes over when that goes down"
    } else if vpn.scope == .networks {
      way = "Traffic to \(Words.firsts(of: vpn.networks)) goes through \(vpn.name)"
      isSplit = true
    } else {
      way = isSplit ? "All other traffic goes through \(vpn.name)" : "The whole system goes through \(vpn.name)"
      whole = vpn
    }
    guard name == nil || name == vpn.name else { continue }
    // What it was to carry is refused, so that others do not carry it either.
    guard vpn.up else {
      sentences.append(("\(vpn.name) was taken up, and is not in force: \(vpn.broken.first ?? "`vpn up \(vpn.name)` says why")", .bad))
      continue
    }
    if let link = vpn.link {
      sentences.append(("\(way), by \(link)", .good))
    } else if vpn.latestHandshake == 0 {
      sentences.append(("\(way); its server has not answered yet, and nothing gets through until it does", .warning))
    } else {
      sentences.append(("\(way); last handshake \(Words.age(of: vpn.latestHandshake, now: now))", .good))
    }
  }
  // Whatever else is said of the rest of the system.
  let blocked = vpns.filter(\.blocked).map { vpn in
    (
      "Nothing leaves this machine until \(vpn.name) is up, as its profile has it: `vpn up \(vpn.name)`, or `vpn down \(vpn.name)` to do "
        + "without", Style.Look.bad
    )
  }
  sentences = blocked + sentences
  if sentences.isEmpty { return lines(forCommandsOnly(vpns.filter { name == nil || $0.name == name }), style) }

  guard vpns.contains(where: \.up) else { return lines(sentences, style) }
  if let vpn = vpns.first(where: { $0.up && $0.dnsInForce }) {
    sentences.append(("All DNS queries go to \(vpn.dns.joined(separator: ", ")), through \(vpn.name)", .good))
  } else if !vpns.contains(where: \.dnsInForce) {
    sentences.append(("DNS queries go to the same servers as without a VPN", .warning))
  }
  let outside = outside().map { entry in
    "\(entry.command.split(separator: " ").first?.split(separator: "/").last ?? "a program") (pid \(entry.pid))"
  }
  if !outside.isEmpty { sentences.append(("Outside, by vpnrun --direct: \(Words.firsts(of: outside))", .warning)) }
  return lines(sentences, style)
}

/// Where none of them is up: what each is good for now, and how to get more.
private func forCommandsOnly(_ vpns: [Report.VPN]) -> [(String, Style.Look)] {
  var sentences: [(String, Style.Look)] = []
  var ready: [String] = []
  for vpn in vpns where vpn.linked {
    if let link = vpn.link, vpn.addresses.isEmpty {
      let what = vpn.relay.joined(separator: ", ")
      sentences.append(("\(vpn.name) sends what comes from \(what) by \(link)", vpn.broken.isEmpty ? .good : .bad))
      continue
    }
    guard vpn.box else {
      sentences.append(("\(vpn.name) is a link of this machine, for its routes", vpn.broken.isEmpty ? .good : .bad))
      continue
    }
    if vpn.tunnel == .gone || vpn.tunnel == .down {
      let way = vpn.link ?? "tunnel"
      sentences.append(("No \(way): what commands in \(vpn.name) send is refused; the rest of the system does not use \(vpn.name)", .bad))
    } else if !vpn.broken.isEmpty {
      sentences.append(("Broken: commands in \(vpn.name) may reach nothing; the rest of the system does not use \(vpn.name)", .bad))
    } else if vpn.isUnanswered {
      sentences.append(
        (
          "No answer: commands in \(vpn.name) reach nothing until its server answers; the rest of the system does not use \(vpn.name)",
          .warning
        ))
    } else {
      ready.append(vpn.name)
    }
  }
  if let first = ready.first {
    let (whose, what) = ready.count == 1 ? ("the VPN", first) : ("these VPNs", "NAME")
    let sentence = "Ready: commands in \(Words.list(ready)) use \(whose); the rest of the system does not (vpn up \(what))"
    sentences.insert((sentence, .good), at: 0)
  }
  if !sentences.isEmpty { return sentences }
  guard let first = vpns.first(where: { $0.allowed && $0.box }) ?? vpns.first(where: \.allowed) else {
    guard let first = vpns.first else { return [("No VPN is up", .faint)] }
    return [("Off: \(first.name) is not in use, and its profile does not let you use it", .faint)]
  }
  guard first.box else { return [("Off: \(first.name) is not linked (vpn link \(first.name))", .faint)] }
  let subject = vpns.count == 1 ? "\(first.name) is not in use" : "no VPN is in use"
  return [("Off: \(subject) (vpnrun \(first.name) -- COMMAND, or vpn up \(first.name) for the whole system)", .faint)]
}

private func lines(_ sentences: [(String, Style.Look)], _ style: Style) -> String {
  sentences.map { style($0.1, printable($0.0)) + "\n" }.joined()
}
