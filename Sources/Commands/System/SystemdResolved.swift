internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// Tells systemd-resolved, where it runs, which servers a VPN that is up has: by its bus interface, as resolvectl(1) does. Queries reach
/// those servers anyhow, redirected on their way; but then search domains count, and resolved does not distrust the answers.
/// An ordinary user may not tell it (polkit): that is no error.
struct SystemdResolved {
  var folder = "/run/systemd/resolve"
  var busctl = "busctl"
  var resolvectl = "resolvectl"

  /// Makes it know of the VPNs as they are now.
  /// - Parameter links: `/sys/class/net`.
  /// - Returns: the first thing that it refused, as a sentence, and whether it goes on asking servers that it should not.
  func follow(_ vpns: [Report.VPN], links: String) -> (sentence: String, isLeftWrong: Bool)? {
    let problem = tell(of: vpns, links: links)
    // Answers from before the change. Everybody may ask for this.
    _ = run(Call(method: "FlushCaches", arguments: []))
    return problem
  }

  private func tell(of vpns: [Report.VPN], links: String) -> (sentence: String, isLeftWrong: Bool)? {
    for vpn in vpns where vpn.linked {
      guard let index = Self.index(ofLink: "\(links)/\(vpn.name)") else { continue }
      for call in Self.calls(for: vpn, link: index) {
        guard let problem = run(call) else { continue }
        guard !vpn.takenUp, asksServers(of: vpn.name) else {
          return ("systemd-resolved was not told of \(vpn.name)'s servers: \(problem)", false)
        }
        return ("systemd-resolved still asks \(vpn.name)'s servers, as root told it to: `sudo vpn down \(vpn.name)` ends that", true)
      }
    }
    return nil
  }

  /// Whether it has servers for that link: a program that may has told it.
  private func asksServers(of link: String) -> Bool {
    // Link 5 (home): 172.27.12.1 fd27:12::1
    guard let said = try? Child(resolvectl, ["dns", link], output: .captured).run().output else { return false }
    return String(decoding: said, as: UTF8.self).split(separator: "):").dropFirst().contains { $0.contains { !$0.isWhitespace } }
  }

  /// A method of org.freedesktop.resolve1.Manager, as busctl(1) has it.
  struct Call: Equatable {
    var method: String
    /// Types and values.
    var arguments: [String]

    var words: [String] {
      let object = ["org.freedesktop.resolve1", "/org/freedesktop/resolve1", "org.freedesktop.resolve1.Manager"]
      return ["--system", "--quiet", "--allow-interactive-authorization=no", "--timeout=5", "call"] + object + [method] + arguments
    }
  }

  /// What makes the link's settings those of the VPN: all, or none when it is not up.
  static func calls(for vpn: Report.VPN, link: Int) -> [Call] {
    let servers = vpn.dns.compactMap { IPAddress($0) }
    guard vpn.takenUp, !servers.isEmpty else { return [Call(method: "RevertLink", arguments: ["i", "\(link)"])] }
    let addresses = servers.flatMap { server in
      // AF_INET and AF_INET6.
      [server.family == .v4 ? "2" : "10", "\(server.bytes.count)"] + server.bytes.map { "\($0)" }
    }
    // The second value: for routing only, and not to be appended to a name. `~.` is what resolvectl calls the root as such.
    let domains = vpn.search.map { [$0, "false"] } + (vpn.dnsInForce ? [[".", "true"]] : [])
    return [
      Call(method: "SetLinkDNS", arguments: ["ia(iay)", "\(link)", "\(servers.count)"] + addresses),
      Call(method: "SetLinkDomains", arguments: ["ia(sb)", "\(link)", "\(domains.count)"] + domains.flatMap { $0 }),
      Call(method: "SetLinkDefaultRoute", arguments: ["ib", "\(link)", vpn.dnsInForce ? "true" : "false"]),
    ]
  }

  private static func index(ofLink folder: String) -> Int? {
    guard let text = try? FileDescriptor(reading: folder + "/ifindex").readAll(limit: 16) else { return nil }
    return Int(String(decoding: text.prefix { $0 != 0x0a }, as: UTF8.self))
  }

  private func run(_ call: Call) -> String? {
    do throws(SystemError) {
      let ended = try Child(busctl, call.words, output: .capturedWithErrors).run()
      guard ended.how != .exit(0) else { return nil }
      let said = String(decoding: ended.output, as: UTF8.self).split(separator: "\n").last
      return said.map { printable(String($0)) } ?? "busctl failed"
    } catch { return "cannot run busctl: \(error.reason)" }
  }
}

extension Installation {
  /// After a change.
  /// - Returns: for those who want to know, what was not done.
  func tellResolver(verbose: Bool) -> [String] {
    guard Files.exists(resolved.folder), let reports = try? helper.show() else { return [] }
    guard let problem = resolved.follow(reports.compactMap(\.vpn), links: links), verbose || problem.isLeftWrong else {
      return []
    }
    return [problem.sentence]
  }

  /// A change of what the whole system does.
  func changeSystem(_ change: HelperChange) throws(Failure) -> Answer {
    var answer = Answer()
    answer.text = try change.perform(on: self, notes: &answer.notes)
    answer.notes += tellResolver(verbose: change.verbose)
    return answer
  }
}
