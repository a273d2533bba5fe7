public import NetworkModel
public import Profile

/// What the host has of a VPN: its addresses on a link into the box, and the rules and routes by which what is bound to them goes there.
public struct Identity: Equatable, Sendable {
  public var name: VPNName
  public var id: UInt8
  public var table: UInt32
  public var fwmark: UInt32
  /// What rule priorities are counted from.
  public var priority: UInt32
  public var priorities: Priorities { Priorities(base: priority, id: id) }
  /// By which table the tunnel's packets leave.
  public var underlay: UInt32
  public var addresses: [Prefix]
  public var memory = Memory()
  /// Who may send by the link besides root while the VPN is not up: users by their number, and processes of a group.
  public var permission = Permission.everybody
  /// Something may come in from the VPN, `Inbound`: answers to it may be sent by whoever is asked.
  public var isReachable = false
  /// Connections of the tunnel's packets remember their mark from the start, so that `up` finds them in the middle of a handshake. Where
  /// strict reverse path filtering is in force; see `SystemWide.isStrict`.
  public var remembersMarks = false

  public init(
    name: VPNName, id: UInt8, table: UInt32, fwmark: UInt32, priority: UInt32 = Profile.defaultPriority,
    underlay: UInt32 = Tables.main, addresses: [Prefix]
  ) {
    self.name = name
    self.id = id
    self.table = table
    self.fwmark = fwmark
    self.priority = priority
    self.underlay = underlay
    self.addresses = addresses
  }

  /// What the link itself remembers, so that everything can be found again when the profile has changed or is gone.
  public var alias: ByteString {
    let words = ["vpnrun id=\(id) table=\(table) fwmark=\(fwmark) priority=\(priority) underlay=\(underlay)"]
    return ByteString((words + memory.words.map { $0.description }).joined(separator: " "))
  }

  /// - Parameters:
  ///   - alias: the host link's.
  ///   - addresses: of that link.
  /// - Returns: `nil` if the alias is of another form.
  public init?(name: VPNName, alias: ByteString, addresses: [Prefix]) {
    let words = alias.utf8.split(separator: 0x20)
    func number(_ word: Int, _ key: String) -> UInt32? {
      words[word].starts(with: key.utf8) ? UInt32(decimal: words[word].dropFirst(key.utf8.count)) : nil
    }
    guard words.count >= 6, ByteString(words[0]) == "vpnrun", let id = number(1, "id="), id <= 99, let table = number(2, "table="),
      let fwmark = number(3, "fwmark="), let priority = number(4, "priority="), let underlay = number(5, "underlay=")
    else { return nil }
    self.init(
      name: name, id: UInt8(id), table: table, fwmark: fwmark, priority: priority, underlay: underlay, addresses: addresses)
    for word in words.dropFirst(6) {
      guard let flag = Memory.Flag(rawValue: ByteString(word)) else { return nil }
      memory[flag] = true
    }
  }

  /// The same without an address: the kernel tells VPNs apart by theirs, and another link has one of them. Commands are not concerned,
  /// for they get it in the box. The link stays down, so that whoever is bound to it fails at once.
  public var forCommandsOnly: Identity {
    var identity = self
    identity.addresses = []
    identity.memory[.isForCommandsOnly] = true
    return identity
  }

  /// The link's alias says again what is remembered.
  public var remembering: Step { Step(.host, .setLink(Names.hostLink(name), LinkSettings(alias: alias))) }

  /// In an order in which an address never exists without the rule that keeps its packets from the uplink.
  public var steps: [Step] {
    let link = Names.hostLink(name)
    var steps = [
      Step(.host, .setLink(link, LinkSettings(alias: alias, noIPv6Autoconfiguration: true, reversePathFilter: 2, group: Names.group)))
    ]
    if !memory[.isForCommandsOnly] { steps.append(Step(.host, .setLink(link, .up))) }
    steps.append(Step(.host, .replaceTable(filter)))
    steps += lastRoutes.map { Step(.host, .addRoute($0)) }
    steps += rules.map { Step(.host, .addRule($0)) }
    steps += addresses.map { Step(.host, .addAddress(Address(Prefix(host: $0.address), on: link))) }
    for family in IPFamily.allCases {
      guard let own = addresses.first(where: { $0.family == family }) else { continue }
      let target = Route.Target.gateway(Pair.gateway(family), link: link, isOnLink: true)
      // The first packet may be one whose source is not ours yet, and a question for a neighbour in its name would get no answer.
      steps.append(Step(.host, .setNeighbour(Neighbour(Pair.gateway(family), Pair.boxEnd, on: link))))
      steps.append(Step(.host, .addRoute(Route(.everything(family), target, table: table, source: own.address))))
    }
    return steps
  }

  /// Takes all of it away, and the box's links before, with the host's end of the pair: whoever uses them fails at once. The kernel waits
  /// some 10 ms with each request that deletes links, so tunnel and pair go together. The filter goes last, so that nothing goes
  /// elsewhere in between. Each step may find its object gone already.
  public var removalSteps: [Step] {
    [Names.uplink, Names.tunnel].map { Step(.box, .setLink($0, LinkSettings(group: Names.groupOfLeaving))) }
      + [Step(.box, .deleteGroup(Names.groupOfLeaving)), Step(.box, .deleteGroup(Names.group))] + removalStepsOnHost
  }

  /// The same where the box is gone.
  public var removalStepsWithoutBox: [Step] { [Step(.host, .deleteLink(Names.hostLink(name)))] + removalStepsOnHost }

  private var removalStepsOnHost: [Step] {
    var steps = addresses.map { Step(.host, .endSockets($0.address)) }
    steps += rules.map { Step(.host, .deleteRule($0)) }
    steps += lastRoutes.map { Step(.host, .deleteRoute($0)) }
    return steps + [Step(.host, .deleteTable(Names.hostTable(name)))]
  }

  /// The tunnel's encrypted packets, whatever their port, never meet another rule. Who is bound to an address of the VPN's, or to its
  /// link, goes through it. (A program bound to the link alone has no address yet when its route is looked for.)
  public var rules: [Rule] {
    guard !memory[.isForCommandsOnly], !memory[.hasNoBox] else { return tunnelRules }
    return tunnelRules
      + addresses.map { Rule($0.family, priority: priorities.bound, table: table, source: $0.address, isLocallyGenerated: true) }
      + IPFamily.allCases.map { Rule($0, priority: priorities.bound, table: table, outputLink: Names.hostLink(name)) }
  }

  /// Before the tunnel is up: it sends at once, and remembers by which way.
  public var tunnelRules: [Rule] {
    let ways = IPFamily.allCases.map { Rule($0, priority: priorities.tunnel, table: underlay, fwmark: fwmark) }
    // The table of a VPN that is unlinked is empty.
    guard memory[.isThroughVPN] else { return ways }
    return ways + IPFamily.allCases.map { Rule(unreachableOf: $0, priority: priorities.notCarried, fwmark: fwmark) }
  }

  /// What comes in or goes out by a VRF would be lost in ours. One VPN has them for all.
  public var vrfRules: [Rule] { IPFamily.allCases.map { Rule($0, priority: priorities.vrf, table: 0, isOfVRF: true) } }
  /// And what goes to the host itself.
  public var localRules: [Rule] { IPFamily.allCases.map { Rule($0, priority: priorities.local, table: Tables.local) } }

  /// Both families always: a VPN without IPv6 has an unreachable one.
  private var lastRoutes: [Route] {
    guard !memory[.isForCommandsOnly], !memory[.hasNoBox] else { return [] }
    return (memory[.isByLink] ? [table, underlay] : [table]).flatMap { table in
      IPFamily.allCases.map { Route(.everything($0), .unreachable, table: table, metric: Route.lastMetric) }
    }
  }

  var rememberChain: FilterChain {
    FilterChain("remember", .filter, .postrouting, priority: -150, [[.mark(fwmark), .markConnection]])
  }

  /// On the host: a neighbour on the LAN can send to the VPN's address and learn from the answer (CVE-2019-14899). And what is sent
  /// from that address leaves by the VPN or not at all, even when somebody else has deleted the rule that says so: systemd-networkd
  /// does whenever it configures a link (ManageForeignRoutingPolicyRules=).
  ///
  /// The VPN is for those who may use it, bound to its address or link no less than by `vpnrun`. While it is up it is for everybody.
  public var filter: FilterTable {
    FilterTable(
      Names.hostTable(name), comment: Names.tableMark(name), sets: permitted,
      (permitted.isEmpty ? [] : [FilterChain(Self.others, memory[.isUp] ? [] : refusingOthers)]) + [
        FilterChain(
          "antispoof", .filter, .prerouting, priority: -300,
          addresses.map { own in
            [.notInputLink(Names.hostLink(name)), .notInputLink("lo"), .destination(Prefix(host: own.address)), .drop]
          }),
        FilterChain(
          "identity", .filter, .output, priority: 0,
          // A default route of another program's by our link would lead the tunnel's packets into itself, round and round.
          (memory[.isForCommandsOnly] ? [] : [[.mark(fwmark), .outputLink(Names.hostLink(name)), .drop]])
            // What another VPN carries goes into a box or nowhere, also when the rules have been deleted.
            + (memory[.isThroughVPN] ? [[.mark(fwmark), .notOutputGroup(Names.group), .notOutputLink("lo"), .drop]] : [])
            + addresses.flatMap { own -> [FilterRule] in
              let astray: [FilterStatement] = [
                .notOutputLink(Names.hostLink(name)), .notOutputLink("lo"), .source(Prefix(host: own.address)),
              ]
              return [FilterRule(astray + [.transport(.tcp), .rejectWithReset]), FilterRule(astray + [.reject])]
            } + errors + refusing),
        // What gets the address only by translation: an error message about a translated query, when nobody waits for the answer.
        FilterChain(
          "translated", .filter, .postrouting, priority: 110,
          addresses.map { own in
            [.notOutputLink(Names.hostLink(name)), .notOutputLink("lo"), .source(Prefix(host: own.address)), .drop]
          }),
      ] + (remembersMarks ? [rememberChain] : []) + (isReachable ? [inboundChain] : []))
  }
}

extension Identity {
  /// Of connections that came in by the link. Nothing else tells an answer to one from that to a packet which a local user has sent to the
  /// VPN's address in the name of a server outside (IPV6_FREEBIND), by loopback or before the VPN had the address.
  static let inboundMark: UInt32 = 10201

  private var inboundChain: FilterChain {
    FilterChain(
      "inbound", .filter, .prerouting, priority: -150,
      [[.inputLink(Names.hostLink(name)), .new, .setConnectionMark(Self.inboundMark)]])
  }

  /// Where the address is gone, for a link that is set down loses those of IPv6, the host itself would answer what still comes for it: a
  /// server outside, whose answer it may be, would learn by the uplink who has that address.
  private var errors: [FilterRule] {
    addresses.map { own in
      [
        .notOutputLink(Names.hostLink(name)), .notOutputLink("lo"), .transport(own.family == .v4 ? .icmp : .icmpv6),
        .quoting(Prefix(host: own.address)), .drop,
      ]
    }
  }

  private var permitted: [FilterSet] {
    guard !memory[.isForCommandsOnly], case .only(let users, let groups) = permission else { return [] }
    let root: UInt32 = 0
    return [
      FilterSet("users", .users([root] + users.filter { $0 != root })), FilterSet("groups", .groups(groups)),
    ]
  }

  /// The chain that refuses whom nothing has accepted. It has no rules while the VPN is up, so that going up and down changes no more
  /// than these.
  private static let others: ByteString = "others"

  private var refusing: [FilterRule] {
    if permitted.isEmpty { return [] }
    let link = FilterStatement.outputLink(Names.hostLink(name))
    return (isReachable ? [[link, .answering, .connectionMark(Self.inboundMark), .accept]] : []) + [
      [link, .userIn("users"), .accept], [link, .groupIn("groups"), .accept], [link, .jump(Self.others)],
    ]
  }

  private var refusingOthers: [FilterRule] { [[.sentByProcess, .transport(.tcp), .rejectWithReset], [.sentByProcess, .reject]] }
}

extension VPN {
  public var identity: Identity { identity(underlay: Tables.main) }

  /// - Parameter underlay: the table by which the tunnel's packets leave.
  public func identity(underlay: UInt32) -> Identity {
    var identity = Identity(
      name: name, id: id, table: table, fwmark: device.fwmark, priority: priority, underlay: underlay, addresses: addresses)
    identity.memory[.isByLink] = profile.link != nil
    identity.memory[.isThroughVPN] = profile.underlay?.outer != nil
    return identity
  }
}
