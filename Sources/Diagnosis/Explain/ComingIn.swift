public import HelperWire
public import NetworkModel
internal import NetworkPlan
public import Profile

/// What is asked about something that comes in from a VPN to this machine's address there.
public struct ComingIn {
  /// A port of TCP or UDP, or pings.
  public var what: Inbound
  /// As it was typed.
  public var named: String
  /// Whether this machine has a socket for it at one of these addresses; `nil` where that is not known.
  public var listener: ([IPAddress]) -> Bool?
  /// Other programs' chains that drop what comes in, unless they allow it; `nil` where they are not seen.
  public var droppingChains: [String]?

  /// - Parameter word: `tcp/22`, `icmp`; `nil` for what is neither one port nor pings.
  public init?(_ word: String, listener: @escaping ([IPAddress]) -> Bool?, droppingChains: [String]?) {
    guard let what = Inbound(word), what == .icmp || PacketPort(word) != nil else { return nil }
    (self.what, named, self.listener, self.droppingChains) = (what, word, listener, droppingChains)
  }
}

extension Explanation {
  /// Of a packet that somebody in the VPN sends to this machine's address there.
  /// - Parameters:
  ///   - ways: the VPN's; `nil` if it is not linked.
  ///   - commands: of that VPN, which may have the port.
  public static func ofInbound(
    _ coming: ComingIn, from name: String, _ ways: Ways?, commands: [CommandExceptions] = []
  ) -> Explanation {
    var path = Explanation(vpn: nil, destination: coming.named)
    (path.inbound, path.through) = (true, name)
    path.port = PacketPort(coming.named)?.description
    guard let ways else {
      path.stop(.box, "\(name) is not linked: `vpn link \(name)` does that")
      return path
    }
    guard ways.tunnel else {
      path.stop(ways.box ? .box : .host, "the tunnel is gone or down: `vpn refresh \(name)` mends that")
      return path
    }
    guard ways.box else {
      path.step(.host, "by the link \(name), a tunnel of this machine's: only filters of your own are there", link: name)
      path.arrive(coming, at: nil)
      return path
    }
    guard !ways.addresses.isEmpty else {
      path.stop(.box, "this machine has no address of \(name)'s, which is for commands only: another link has it")
      return path
    }
    let own = ways.addresses.map { "\($0)" }.joined(separator: " or ")
    path.step(.box, "out of the tunnel, to \(own), from what a peer's AllowedIPs have", link: "\(Names.tunnel)")
    guard let opening = ways.inbound.first(where: { Inbound($0)?.holds(coming.what) == true }) else {
      if commands.contains(where: { $0.inbound.contains(coming.named) }) {
        path.enter(coming, to: commands)
        return path
      }
      let open = ways.inbound.isEmpty ? "nothing but answers" : "only \(ways.inbound.joined(separator: ", ")) and answers"
      let wanted = (ways.inbound + [coming.what.description]).joined(separator: ",")
      path.stop(
        .box,
        "Inbound lets in \(open): the filter drops it. To open it: `sudo vpn edit \(name) Inbound=\(wanted)`, then `vpn reload \(name)`")
      return path
    }
    path.step(.box, "Inbound has \(opening): the filter lets it in")
    path.step(.host, "by the link \(name), not translated: it is seen who asks", link: name)
    path.arrive(coming, at: ways.addresses)
    return path
  }

  private mutating func arrive(_ coming: ComingIn, at addresses: [IPAddress]?) {
    for chain in coming.droppingChains ?? [] { step(.host, "the chain \(chain) drops it, unless a rule there allows it") }
    if let addresses, let port = PacketPort(coming.named), coming.listener(addresses) == false {
      let refusal = port.transport == .tcp ? "TCP is refused with a reset" : "its sender gets an ICMP error"
      return stop(.host, "no program listens on \(port) at that address: \(refusal)")
    }
    link = through
    outcome = .local
  }
}
