import Foundation
import LinuxSystem
import NetworkApply
import NetworkModel
import NetworkPlan
import TestSupport
import Testing

/// What namespaces are like after `body`.
func states(
  _ places: [Place] = Place.allCases, _ body: @escaping @Sendable (borrowing World) throws -> Void
) async throws -> [Place: String] {
  try await inNewNamespace(privateRun: true) {
    let world = try World()
    try body(world)
    return Dictionary(uniqueKeysWithValues: try places.map { ($0, try world.state($0)) })
  }
}

/// What a whole VPN leaves in the kernel, made by our messages and by the lines that are printed for them.
@Suite(.needsRoot) struct BoxLiveTests {
  /// In the tunnel's place: what a kernel without WireGuard can make.
  private static let tunnel = Step(.box, .addLink(Link(Names.tunnel, .bridge, mtu: 1420, mac: MACAddress(2, 0, 0, 0, 0, 1))))

  static func allSteps(_ sample: SampleVPN) -> [Step] {
    let vpn = sample.vpn
    return VPN.boxSettings + [tunnel] + vpn.boxSteps + vpn.identity.steps + [sample.facts.port(7, owner: 1000)]
      + sample.facts.steps(7, of: vpn.name, alias: "uid=1000 pid=4242 curl")
  }

  @Test("Applied and typed, all three namespaces are the same", arguments: SampleVPN.all)
  func bothWays(sample: SampleVPN) async throws {
    let steps = Self.allSteps(sample)
    async let ours = states { try $0.apply(steps) }
    async let typed = states { try $0.type(steps) }
    let (a, b) = try await (ours, typed)
    for place in Place.allCases { #expect(differences(a[place]!, b[place]!) == [], "\(place)") }
    #expect(a[.host]!.contains("rp_filter"))
    #expect(a[.box]!.contains("br-home"))
    #expect(a[.command]!.contains("eth0"))
  }

  @Test("Removed, the host is what it was", arguments: SampleVPN.all)
  func removed(sample: SampleVPN) async throws {
    let steps = Self.allSteps(sample)
    let removal = sample.vpn.identity.removalSteps
    let before = try await states([.host]) { _ in }
    let after = try await states([.host]) { world in
      try world.apply(steps)
      try world.apply(removal)
      // What is gone already is no failure.
      try world.apply(removal, tolerating: .missing)
    }
    #expect(differences(before[.host]!, after[.host]!) == [])
  }

  @Test("A link that was interrupted is completed, wherever that was") func completed() async throws {
    let vpn = SampleVPN.both.vpn
    let box = VPN.boxSettings + [Self.tunnel] + vpn.boxSteps
    let whole = try await states([.host]) { try $0.apply(box + vpn.identity.steps) }
    for count in stride(from: 0, through: vpn.identity.steps.count, by: 6) {
      let completed = try await states([.host]) { world in
        try world.apply(box + vpn.identity.steps.prefix(count))
        try world.apply(vpn.identity.steps, tolerating: .existing)
      }
      #expect(differences(whole[.host]!, completed[.host]!) == [], "after \(count) steps")
    }
  }
}

@Suite(.needsRoot) struct ApplierTests {
  private func failure(_ steps: [Step], tolerating tolerance: Tolerance = .none) async throws -> String? {
    try await inNewNamespace(privateRun: true) {
      let world = try World()
      do { try world.apply(steps, tolerating: tolerance) } catch let error as StepFailure { return error.sentence(World.shell) }
      return nil
    }
  }

  private let bridge = Step(.box, .addLink(Link("br-home", .bridge, mtu: 1420, mac: MACAddress(2, 0, 0, 0, 0, 1))))

  @Test("A failure says what would have been typed, and what the kernel says") func sentences() async throws {
    #expect(
      try await failure([bridge, bridge])
        == "`ip -n vpn-home link add name br-home mtu 1420 address 02:00:00:00:00:01 type bridge`: File exists")
    let tiny = Step(.host, .addLink(Link("br1", .bridge, mtu: 7, mac: MACAddress(2, 0, 0, 0, 0, 1))))
    #expect(
      try await failure([tiny])
        == "`ip link add name br1 mtu 7 address 02:00:00:00:00:01 type bridge`: Invalid argument (mtu less than device minimum)")
    let nowhere = Step(.command, .addAddress(Address(Prefix("10.20.1.2/24")!, on: "eth0")))
    #expect(try await failure([nowhere]) == "`ip -n COMMAND address add 10.20.1.2/24 dev eth0`: No such device")
  }

  @Test("What is there already, or gone already, is success only where it is said so") func tolerance() async throws {
    #expect(try await failure([bridge, bridge], tolerating: .existing) == nil)
    #expect(try await failure([bridge, bridge], tolerating: .missing) != nil)
    let gone: [Step] = [
      Step(.box, .deleteLink("br-home")), Step(.host, .deleteTable("vpn.home")), Step(.host, .deleteRule(Rule(.v6, priority: 7, table: 7))),
      Step(.host, .deleteRoute(Route(.everything(.v4), .unreachable, table: 7))),
    ]
    for step in gone {
      #expect(try await failure([step], tolerating: .missing) == nil)
      #expect(try await failure([step], tolerating: .existing) != nil)
    }
  }

  @Test("Nothing comes after a failure") func stops() async throws {
    let made = try await inNewNamespace(privateRun: true) {
      let world = try World()
      let other = Step(.box, .addLink(Link("br-late", .bridge, mtu: 1420, mac: MACAddress(2, 0, 0, 0, 0, 2))))
      _ = try? world.apply([bridge, bridge, other])
      return try ip("-n vpn-home -br link")
    }
    #expect(made.contains("br-home"))
    #expect(!made.contains("br-late"))
  }
}
