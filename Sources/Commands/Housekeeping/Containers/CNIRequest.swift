internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

/// A plugin of CNI's (SPEC.md of containernetworking, 1.1.0), of the type `vpnrun`: a network's configuration names a VPN by `"vpn"`, or by its
/// own name; `CNIChain.swift` has what differs beside other plugins. What to do comes by the environment, and an error is JSON on standard output.
struct CNIRequest: CommandRequest {
  var variable: (String) -> String?
  var input: [UInt8]

  static let versions = ["0.3.1", "0.4.0", "1.0.0", "1.1.0"]

  /// Numbers of the specification, section 3, "Error"; those from 100 on are a plugin's own.
  enum Code: Int64 {
    case version = 1
    case environment = 4
    case decoding = 6
    case configuration = 7
    case later = 11
    case unavailable = 50
    case vpn = 100
  }

  struct Problem: Error {
    var code: Code
    var text: String
    init(_ code: Code, _ text: String) { (self.code, self.text) = (code, text) }
  }

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let config = JSONValue(input)
    let version = config?["cniVersion"]?.string ?? "0.4.0"
    do throws(Problem) {
      let result = try answer(config, version, on: installation.forEngines)
      return Answer(text: result.map { jsonText($0, inOneLine: true) } ?? "")
    } catch {
      let text = JSONValue.object([
        "cniVersion": .string(version), "code": .integer(error.code.rawValue), "msg": .string("vpnrun: " + error.text),
      ])
      return Answer(text: jsonText(text, inOneLine: true), failure: Failure("", status: 1))
    }
  }

  private func answer(_ config: JSONValue?, _ version: String, on installation: Installation) throws(Problem) -> JSONValue? {
    let command = variable("CNI_COMMAND") ?? ""
    if command == "VERSION" { return .object(["cniVersion": .string(version), "supportedVersions": .strings(Self.versions)]) }
    guard let config else { throw Problem(.decoding, "standard input is no JSON") }
    guard Self.versions.contains(version) else {
      throw Problem(.version, "cniVersion \(version) is not known here; \(Self.versions.joined(separator: ", ")) are")
    }
    let kept = try Self.kept(config)
    let chosen = Self.chosen(config, isBeside: kept != nil)
    switch command {
    case "ADD": return try add(config, version, kept, chosen, on: installation)
    case "DEL": try delete(chosen, on: installation)
    case "CHECK": try check(config, isBeside: kept != nil, chosen, on: installation)
    case "STATUS": try status(chosen, on: installation)
    // The kernel takes away what was given, with the namespace that it was given to: nothing is ever left.
    case "GC": break
    default: throw Problem(.environment, "CNI_COMMAND must be ADD, DEL, CHECK, STATUS, GC or VERSION")
    }
    return nil
  }

  // MARK: what is asked for

  /// - Returns: `nil` for a pod that has chosen none.
  private func vpn(_ chosen: String?, on installation: Installation) throws(Problem) -> VPNName? {
    guard let typed = chosen else { return nil }
    do throws(Failure) { return try installation.vpnOfEngine(typed) } catch { throw Problem(.configuration, error.inOneLine) }
  }

  private func container() throws(Problem) -> String {
    let id = variable("CNI_CONTAINERID") ?? ""
    guard let first = id.utf8.first, Self.isPlain(first), id.utf8.allSatisfy({ Self.isPlain($0) || "_.-".utf8.contains($0) }) else {
      throw Problem(.environment, "CNI_CONTAINERID is no container's id")
    }
    return id
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }

  /// - Parameter isBeside: the link that CNI_IFNAME names is another plugin's.
  private func link(isBeside: Bool) throws(Problem) -> String {
    if isBeside { return Beside.link.description }
    let link = variable("CNI_IFNAME") ?? ""
    guard Attachment.isLink(Array(link.utf8)) else { throw Problem(.environment, "CNI_IFNAME: \(Attachment.linkRule)") }
    return link
  }

  private func namespacePath() throws(Problem) -> String {
    guard let path = variable("CNI_NETNS"), path.hasPrefix("/") else { throw Problem(.environment, "CNI_NETNS is no namespace's path") }
    return path
  }

  private static func opened(_ path: String) throws(Problem) -> FileDescriptor {
    do throws(Failure) { return try openNamespace(pid: nil, netns: path) } catch { throw Problem(.environment, error.inOneLine) }
  }

  // MARK: the verbs

  private func add(
    _ config: JSONValue, _ version: String, _ kept: [Prefix]?, _ chosen: String?, on installation: Installation
  ) throws(Problem) -> JSONValue {
    var attachment = Attachment()
    attachment.kept = kept
    let previous = kept == nil ? nil : try Self.previous(config)
    guard let vpn = try vpn(chosen, on: installation) else { return previous ?? .null }
    guard previous != nil || config["runtimeConfig"]?["portMappings"]?.isEmpty ?? true else {
      throw Problem(.configuration, "\(vpn) publishes no ports of containers: start it without")
    }
    attachment.label = ByteString(Attachment.label(ofContainer: try container()))
    attachment.link = ByteString(try link(isBeside: kept != nil))
    let path = try namespacePath()
    let namespace = try Self.opened(path)
    let report: AttachmentReport
    do throws(Failure) { report = try installation.helper.attach(vpn, attachment, namespace) } catch {
      throw Problem(.vpn, error.inOneLine)
    }
    let own = Self.result(report, version, path)
    return previous.map { Self.joined($0, own) } ?? own
  }

  static func result(_ report: AttachmentReport, _ version: String, _ path: String) -> JSONValue {
    var interface: [String: JSONValue] = ["name": .string(report.link), "mac": .string(report.mac), "sandbox": .string(path)]
    if version == "1.1.0" { interface["mtu"] = .integer(Int64(report.mtu)) }
    let ips = zip(report.addresses, report.gateways).map { address, gateway in
      var ip: [String: JSONValue] = ["interface": .integer(0), "address": .string(address), "gateway": .string(gateway)]
      if version.hasPrefix("0.") { ip["version"] = .string(gateway.contains(":") ? "6" : "4") }
      return JSONValue.object(ip)
    }
    let routes = report.gateways.map { gateway in
      JSONValue.object(["dst": .string(gateway.contains(":") ? "::/0" : "0.0.0.0/0"), "gw": .string(gateway)])
    }
    return .object([
      "cniVersion": .string(version), "interfaces": .array([.object(interface)]), "ips": .array(ips), "routes": .array(routes),
      "dns": .object(["nameservers": .strings(report.dns), "search": .strings(report.search)]),
    ])
  }

  /// What has gone already is no error, and a namespace may have: then the id says which.
  private func delete(_ chosen: String?, on installation: Installation) throws(Problem) {
    let id = try container()
    guard let typed = chosen, let vpn = VPNName(typed), installation.pins.contains(vpn) else { return }
    if let path = variable("CNI_NETNS"), !path.isEmpty, Files.exists(path) {
      // A pin whose namespace has ended is a plain file: then the label tells.
      do throws(Failure) {
        _ = try installation.helper.detach(vpn, Attachment(), try openNamespace(pid: nil, netns: path))
        return
      } catch {}
    }
    guard Attachment.isOnly(id) else { return }
    var attachment = Attachment()
    attachment.label = ByteString(Attachment.label(ofContainer: id))
    do throws(Failure) { _ = try installation.helper.detach(vpn, attachment) } catch { throw Problem(.later, error.inOneLine) }
  }

  /// Whether what ADD has given is still there: the port with its addresses, and the link.
  private func check(_ config: JSONValue, isBeside: Bool, _ chosen: String?, on installation: Installation) throws(Problem) {
    guard let vpn = try vpn(chosen, on: installation) else { return }
    let (id, link, path) = (try container(), try link(isBeside: isBeside), try namespacePath())
    guard let given = config["prevResult"] else { throw Problem(.configuration, "CHECK needs prevResult") }
    let wanted = Self.addresses(of: link, in: given)
    let commands: [Report.Command]
    do throws(Failure) { commands = try installation.helper.show(vpn).commands } catch { throw Problem(.vpn, error.inOneLine) }
    let label = Attachment.label(ofContainer: id)
    guard
      commands.contains(where: { port in port.attached && port.command == label && wanted.contains { $0.hasPrefix(port.address + "/") } })
    else { throw Problem(.vpn, "\(id) is not in \(vpn) any more") }
    let inside: [LinkInside]?
    do throws(Failure) {
      inside = decoded(
        [LinkInside].self, try Look.says("nsenter", ["--net=\(path)", installation.ip, "-j", "address", "show", "dev", link]))
    } catch { throw Problem(.later, error.inOneLine) }
    let found = (inside ?? []).flatMap { $0.addresses ?? [] }.map { "\($0.local ?? "")/\($0.length ?? 0)" }
    if let missing = wanted.first(where: { !found.contains($0) }) { throw Problem(.vpn, "\(link) has lost \(missing)") }
  }

  /// As `ip -j address` tells of it.
  private struct LinkInside: Decodable {
    struct Address: Decodable {
      var local: String?
      var length: Int?
      enum CodingKeys: String, CodingKey {
        case local
        case length = "prefixlen"
      }
    }
    var addresses: [Address]?
    enum CodingKeys: String, CodingKey { case addresses = "addr_info" }
  }

  private func status(_ chosen: String?, on installation: Installation) throws(Problem) {
    guard let vpn = try vpn(chosen, on: installation) else { return }
    guard installation.pins.contains(vpn) else { throw Problem(.unavailable, "\(vpn) is not linked: `vpn link \(vpn)` builds its box") }
    let report: Report.VPN
    do throws(Failure) { report = try installation.helper.show(vpn) } catch { throw Problem(.unavailable, error.inOneLine) }
    guard report.tunnel == .up else { throw Problem(.unavailable, "\(vpn) has lost its tunnel: `vpn refresh \(vpn)`") }
  }
}
