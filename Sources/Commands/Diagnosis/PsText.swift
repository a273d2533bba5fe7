internal import Diagnosis
internal import LinuxSystem

/// `vpn ps`: a line for each process, those of a command below it as a tree.
/// - Parameters:
///   - now: seconds since 1970.
///   - width: of the terminal.
func psText(_ commands: [CommandReport], now: Int, width: Int?, _ style: Style) -> String {
  var table = Table(width: width)
  table.rows.append(["VPN", "ADDRESS", "PID", "USER", "AGE", "IN", "OUT", "PORTS", "COMMAND"].map { .init($0, .faint) })
  func age(_ started: Int?) -> Table.Cell { .init(started.map { Words.shortDuration(max(now - $0, 0)) } ?? "-") }
  for command in commands {
    let tree = command.tree
    // Its first process may have ended before the others.
    let isFirst = tree.first?.process.pid == command.pid && !command.attached
    var ports: [String] = []
    for port in command.ports ?? [] where !ports.contains("\(port.port)/\(port.protocol)") { ports.append("\(port.port)/\(port.protocol)") }
    // What the VPN's side reaches.
    ports += command.inbound.map { word in
      let parts = word.split(separator: "/")
      return parts.count == 2 ? "VPN>\(parts[1])/\(parts[0])" : word
    }
    if let port = command.forwarded { ports.append("provider>\(port)") }
    // What this machine does: its port, and the command's.
    ports += command.published.map { word in
      let local = "127.0.0.1:"
      let parts = (word.hasPrefix(local) ? word.dropFirst(local.count) : Substring(word)).split(separator: ":")
      return parts.count < 2 ? word : parts.dropLast().joined(separator: ":") + ">" + parts[parts.count - 1]
    }
    // Where it goes beside the VPN.
    ports += command.lan.map { "LAN<\($0)" }
    table.rows.append([
      .init(command.vpn, .bold), .init(command.address), command.pid == 0 ? "-" : "\(command.pid)", .init(command.user ?? "\(command.uid)"),
      age(command.started),
      .init(Words.shortBytes(command.rxBytes)), .init(Words.shortBytes(command.txBytes)),
      .init(ports.isEmpty ? "-" : ports.joined(separator: ",")), .init(command.command),
    ])
    for (process, depth) in tree.dropFirst(isFirst ? 1 : 0) {
      let indent = String(repeating: "  ", count: max(depth, 1))
      table.rows.append([
        "", "", "\(process.pid)", .init(process.user ?? "\(process.uid)"), age(process.started), "", "", "",
        .init(indent + process.command),
      ])
    }
    if let count = command.elsewhere, count > 0 {
      let what =
        "  + \(Words.count(count, "process", "processes")) not shown: in a network of their own, as a sandbox has it, or another user's"
      table.rows.append(Array(repeating: "", count: 8) + [.init(what, .faint)])
    }
  }
  return table.text(style)
}

extension CommandReport {
  /// Children below their parents, each with its depth; the first process first.
  fileprivate var tree: [(process: Process, depth: Int)] {
    let all = processes ?? []
    let pids = Set(all.map(\.pid))
    var rows: [(Process, Int)] = []
    func add(_ process: Process, _ depth: Int) {
      rows.append((process, depth))
      for child in all where child.parent == process.pid && child.pid != process.pid { add(child, depth + 1) }
    }
    let roots = all.filter { !pids.contains($0.parent) }
    for root in roots.filter({ $0.pid == pid }) + roots.filter({ $0.pid != pid }) { add(root, 0) }
    return rows
  }
}
