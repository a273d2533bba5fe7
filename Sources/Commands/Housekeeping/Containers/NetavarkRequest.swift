internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// A plugin of netavark's (netavark(1), "plugin API" 1.0.0), the program `vpnrun` in one of its plugin folders: `podman network create -d vpnrun
/// home` makes a network that is the VPN `home`, or what `-o vpn=` names. An error is JSON on standard output, and the status 1.
struct NetavarkRequest: CommandRequest {
  var words: [String]
  var input: [UInt8]

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    do throws(Failure) {
      return Answer(text: jsonText(try answer(on: installation.forEngines), inOneLine: true))
    } catch {
      let text = jsonText(JSONValue.object(["error": .string(error.inOneLine)]), inOneLine: true)
      return Answer(text: text, failure: Failure("", status: 1))
    }
  }

  private func answer(on installation: Installation) throws(Failure) -> JSONValue {
    switch words.first {
    case "info": return .object(["version": .string("0.1.0"), "api_version": .string("1.0.0")])
    case "create": return try created(on: installation)
    case "setup": return try setUp(on: installation)
    case "teardown":
      try tearDown(on: installation)
      return .object([:])
    default: throw Failure("netavark calls this with create, setup, teardown or info")
    }
  }

  private func asked() throws(Failure) -> JSONValue {
    guard let asked = JSONValue(input) else { throw Failure("standard input is no JSON") }
    return asked
  }

  private func name(_ network: JSONValue?, on installation: Installation) throws(Failure) -> VPNName {
    try installation.vpnOfEngine(network?["options"]?["vpn"]?.string ?? network?["name"]?.string ?? "")
  }

  private func namespace() throws(Failure) -> FileDescriptor {
    guard words.count == 2 else { throw Failure("netavark names no namespace") }
    return try openNamespace(pid: nil, netns: words[1])
  }

  private func created(on installation: Installation) throws(Failure) -> JSONValue {
    var network = try asked()
    for (key, option) in [("subnets", "--subnet"), ("routes", "--route"), ("network_dns_servers", "--dns")] {
      guard network[key]?.isEmpty ?? true else { throw Failure("the VPN gives addresses, routes and DNS servers: leave out \(option)") }
    }
    guard network["internal"] != .boolean(true) else { throw Failure("a VPN is no internal network: leave out --internal") }
    let vpn = try name(network, on: installation)
    var options = network["options"] ?? .object([:])
    options["vpn"] = .string("\(vpn)")
    network["options"] = options
    network["dns_enabled"] = .boolean(false)
    network["ipam_options"] = .object(["driver": .string("none")])
    network["network_interface"] = .string("br-\(vpn)")
    return network
  }

  private func setUp(on installation: Installation) throws(Failure) -> JSONValue {
    let asked = try asked()
    let vpn = try name(asked["network"], on: installation)
    guard asked["port_mappings"]?.isEmpty ?? true else { throw Failure("\(vpn) publishes no ports of containers: leave out --publish") }
    let wanted = asked["network_options"]
    for (key, option) in [("static_ips", "--ip"), ("static_mac", "--mac-address")] {
      guard wanted?[key]?.isEmpty ?? true else { throw Failure("addresses in \(vpn) cannot be chosen: leave out \(option)") }
    }
    let link = wanted?["interface_name"]?.string ?? "eth0"
    guard Attachment.isLink(Array(link.utf8)) else { throw Failure("'\(printable(link))': \(Attachment.linkRule)") }
    var attachment = Attachment()
    attachment.link = ByteString(link)
    let container = asked["container_name"]?.string ?? asked["container_id"]?.string ?? ""
    attachment.label = ByteString(Attachment.label(ofContainer: container))
    let report = try installation.helper.attach(vpn, attachment, try namespace())
    let subnets = zip(report.addresses, report.gateways).map { JSONValue.object(["ipnet": .string($0), "gateway": .string($1)]) }
    return .object([
      "dns_server_ips": .strings(report.dns), "dns_search_domains": .strings(report.search),
      "interfaces": .object([report.link: .object(["mac_address": .string(report.mac), "subnets": .array(subnets)])]),
    ])
  }

  /// What has gone already, the VPN itself perhaps, is no error.
  private func tearDown(on installation: Installation) throws(Failure) {
    let vpn = try asked()["network"].flatMap { network in network["options"]?["vpn"]?.string ?? network["name"]?.string }
    guard let name = VPNName(vpn ?? ""), installation.pins.contains(name) else { return }
    _ = try installation.helper.detach(name, Attachment(), try namespace())
  }
}
