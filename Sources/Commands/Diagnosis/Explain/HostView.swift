internal import NetworkModel

/// What the kernel and `vpn-link` say of the host's network now, asked when it is needed.
struct HostView {
  /// Of the VPNs that are linked.
  var ways: [Ways]
  var routes: (IPFamily) throws(Failure) -> HostRoutes
  /// `ip route get`; `nil` where it refuses.
  var ask: (HostRoutes.Packet) throws(Failure) -> HostRoutes.Route?
  /// The file, and the servers in it.
  var resolvConf = "/etc/resolv.conf"
  var servers: [IPAddress] = []

  func name(ofTable number: Int) -> String {
    switch number {
    case 253: "default"
    case 254: "main"
    case 255: "local"
    default: ways.first { $0.table == number }.map { "\(number) (\($0.name))" } ?? "\(number)"
    }
  }
}

extension Installation {
  func hostView() throws(Failure) -> HostView {
    let program = ip
    /// - Returns: `nil` if the kernel refuses.
    func ask(_ family: IPFamily, _ words: [String]) throws(Failure) -> [UInt8]? {
      let flag = family == .v4 ? "-4" : "-6"
      let ended = try Failure.saying("cannot run \(program)") { () throws(SystemError) in
        try Child(program, ["-N", "-j", flag] + words, output: .capturedWithErrors).run()
      }
      return ended.how == .exit(0) ? ended.output : nil
    }
    func told(_ family: IPFamily, _ words: [String]) throws(Failure) -> [UInt8] {
      guard let answer = try ask(family, words) else { throw Failure("`ip \(words.joined(separator: " "))` failed") }
      return answer
    }
    let text = (try? File(reading: resolvConf).bytes(limit: 65536)) ?? []
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").map { $0.split { $0 == " " || $0 == "\t" } }
    return HostView(
      ways: try helper.ways(),
      routes: { family throws(Failure) in
        try HostRoutes(family, rules: try told(family, ["rule"]), routes: try told(family, ["route", "show", "table", "all"]))
      },
      ask: { packet throws(Failure) in
        var words = ["route", "get", packet.destination.description]
        if packet.mark != 0 { words += ["mark", "\(packet.mark)"] }
        if packet.isQuery { words += ["ipproto", "udp", "dport", "53"] }
        return try ask(packet.destination.family, words).flatMap(HostRoutes.answer)
      },
      resolvConf: resolvConf, servers: lines.filter { $0.count > 1 && $0[0] == "nameserver" }.compactMap { IPAddress(String($0[1])) })
  }
}
