internal import Diagnosis
internal import FoundationEssentials
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

// Where `vpn explain` has its facts from.

extension Installation {
  func hostView() throws(Failure) -> HostView<Failure> {
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
    let text = (try? FileDescriptor(reading: resolvConf).readAll(limit: 65536)) ?? []
    var view = HostView(
      ways: try helper.ways(),
      routes: { family throws(Failure) in
        try HostRoutes(family, rules: try told(family, ["rule"]), routes: try told(family, ["route", "show", "table", "all"]))
      },
      ask: { packet throws(Failure) in
        var words = ["route", "get", packet.destination.description]
        if let (source, link) = packet.forwarded { words += ["from", source.description, "iif", link] }
        if packet.mark != 0 { words += ["mark", "\(packet.mark)"] }
        if let port = packet.port { words += ["ipproto", port.transport.name.description, "dport", "\(port.number)"] }
        return try ask(packet.destination.family, words).flatMap(HostRoutes.answer)
      },
      resolvConf: resolvConf, servers: IPAddress.servers(inResolvConf: text))
    view.blocking = try helper.show().filter(\.isBlocked).map(\.name)
    return view
  }
}

extension Installation {
  /// - Parameter word: `tcp/22`, or `icmp`.
  /// - Returns: `nil` for what is neither.
  func comingIn(_ word: String) throws(Failure) -> ComingIn? {
    // Only root may list them.
    let listing = isRoot ? decoded(FilterListing.self, try Look.says("nft", ["-j", "list", "chains"])) : nil
    let sockets = processes.ports(of: Process.id)
    let port = PacketPort(word)
    return ComingIn(
      word,
      listener: { addresses in
        let found = sockets.filter { $0.port == port?.number && $0.protocol == port?.transport.name.description }
        // One of IPv6 that is bound to no address takes IPv4 as well, unless it says otherwise.
        let anywhere = ["0.0.0.0", "::"]
        return found.contains { socket in anywhere.contains(socket.address) || addresses.contains { "\($0)" == socket.address } }
      },
      droppingChains: listing?.nftables.compactMap(\.chain).filter { !$0.isOurs && $0.policy == "drop" && $0.hook == "input" }
        .map { "'\($0.name)' of table \($0.family) \($0.table)" })
  }
}

extension HostRoutes {
  /// As `ip -N -j` prints them.
  init(_ family: IPFamily, rules: [UInt8], routes: [UInt8]) throws(Failure) {
    do {
      self.init(
        family: family, rules: try JSONDecoder().decode([Rule].self, from: Data(rules)),
        routes: try JSONDecoder().decode([Route].self, from: Data(routes)))
    } catch { throw Failure("the answer of ip(8) is not understood: \(error)") }
  }

  /// What the kernel itself answers; `nil`: nothing, for it refuses.
  static func answer(_ json: [UInt8]) -> Route? { (try? JSONDecoder().decode([Route].self, from: Data(json)))?.first }
}

extension Ways {
  static func decode(_ json: [UInt8]) throws(Failure) -> [Ways] {
    do { return try JSONDecoder().decode([Ways].self, from: Data(json)) } catch {
      throw Failure("vpn-link's answer is not understood; are vpn and vpn-link of one installation? (\(error))")
    }
  }
}
