internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import Profile

/// `vpn status --exit`: as which address a VPN is seen from outside. A command in it asks, so that nothing is sent but through the tunnel;
/// and no VPN is linked for it.
struct ExitRequest: CommandRequest {
  /// All that are linked without a name.
  var name: String?
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try installation.profiles.find(name)
    var vpns: [Report.VPN] = []
    if let name {
      vpns = [try installation.helper.show(name)]
    } else {
      vpns = try installation.helper.show().compactMap(\.vpn).filter { $0.linked && $0.allowed }
    }
    guard !vpns.isEmpty else { throw Failure("no VPN is linked, so nothing was asked: `vpn link NAME` first") }
    var exits: [Exit] = []
    for vpn in vpns {
      guard vpn.linked else { throw Failure("\(vpn.name) is not linked, so nothing was asked: `vpn link \(vpn.name)` first") }
      guard let name = VPNName(vpn.name) else { continue }
      let check = vpn.exitCheck.map { ExitCheck($0) } ?? .usual
      guard let check else { throw Failure("ExitCheck of \(name) is not understood; are vpn and vpn-link of one installation?") }
      exits.append(
        try Progress.saying("asking \(check) through \(name)") { () throws(Failure) in
          try Exit(of: name, families: IPFamily.allCases.filter(vpn.has), check, on: installation)
        })
    }
    let isKnown = exits.allSatisfy { !$0.addresses.isEmpty }
    let text = json ? jsonText(exits) : exits.map { $0.text(style) }.joined()
    return Answer(text: text, failure: isKnown ? nil : Failure(lines: []))
  }
}

/// What `vpn status --exit --json` prints an array of.
struct Exit: Codable, Equatable {
  var vpn: String
  /// The URL, or the name and its servers.
  var asked: String
  /// As which it is seen, one of each family that was answered.
  var addresses: [String] = []
  /// Why not, of the others.
  var problems: [String] = []

  func text(_ style: Style) -> String {
    let seen = addresses.isEmpty ? style(.bad, "no answer") : "seen as \(style(.good, Words.list(addresses)))"
    return "\(style(.bold, vpn))  \(seen) (asked \(printable(asked)))\n" + problems.map { "  \(printable($0))\n" }.joined()
  }
}

extension Exit {
  /// Seconds for each family.
  private static let patience = 8

  init(of name: VPNName, families: [IPFamily], _ check: ExitCheck, on installation: Installation) throws(Failure) {
    self.init(vpn: name.description, asked: check.description)
    var inside: Inside?
    defer { inside?.end() }
    for family in families {
      let found: Result<IPAddress, Failure>
      switch check {
      case .url(let url): found = try Self.fetch(url.description, family, name, installation)
      case .name(let host, let servers):
        guard let server = servers.first(where: { $0.address.family == family }) else { continue }
        let asker: Inside
        if let inside {
          asker = inside
        } else {
          asker = try Inside(name, vpnrun: installation.vpnrun, manage: installation.program("vpn-manage"))
        }
        inside = asker
        found = try Self.ask(server, for: host, asker)
      }
      switch found {
      case .success(let address): addresses.append(address.description)
      case .failure(let failure): problems.append("\(family == .v4 ? "IPv4" : "IPv6"): \(failure.sentence)")
      }
    }
  }

  private static func ask(_ server: Endpoint, for host: DomainName, _ inside: Inside) throws(Failure) -> Result<IPAddress, Failure> {
    let time = Int32(patience * 1000)
    let question = ProbeRequest.addresses(
      of: host.description, server: server.address.description, port: server.port, milliseconds: time)
    let reply = try inside.ask(question, within: time + 2000)
    if let address = reply.addresses.first.flatMap({ IPAddress($0) }) { return .success(address) }
    return .failure(Failure("\(server): \(reply.error ?? (reply.isAnswered ? "has no address of \(host)" : "does not answer"))"))
  }

  /// By curl(1), without what its user has set for it elsewhere.
  private static func fetch(
    _ url: String, _ family: IPFamily, _ name: VPNName, _ installation: Installation
  ) throws(Failure) -> Result<IPAddress, Failure> {
    let curl = [
      "curl", "-q", family == .v4 ? "-4" : "-6", "-gsSf", "--noproxy", "*", "--proto", "=http,https", "--max-time", "\(patience)", "--",
      url,
    ]
    let child = Child(
      installation.vpnrun, ["-q", name.description, "--"] + curl, output: .capturedWithErrors, environment: Child.ownEnvironment,
      limit: 65536)
    let ended = try Failure.saying("cannot run \(installation.vpnrun)") { () throws(SystemError) in try child.run() }
    let said = String(decoding: ended.output, as: UTF8.self)
    switch ended.how {
    case .interrupted: throw .interrupted
    case .exit(0):
      guard let address = address(in: said) else { return .failure(Failure("there is no address in what \(url) says")) }
      return .success(address)
    case .exit(127): throw Failure("curl is missing: `sudo apt install curl`, or ask by DNS (ExitCheck in vpnrun.conf(5))")
    default: return .failure(Failure(said.split(separator: "\n").last.map { String($0) } ?? "curl failed"))
    }
  }

  /// The first one, whatever stands around it.
  static func address(in text: String) -> IPAddress? {
    let words = text.split { !($0.isHexDigit || $0 == "." || $0 == ":") }
    return words.lazy.compactMap { IPAddress(String($0)) }.first { $0.isUnicast }
  }
}

extension Report.VPN {
  fileprivate func has(_ family: IPFamily) -> Bool { addresses.contains { Prefix($0)?.address.family == family } }
}
