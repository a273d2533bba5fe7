internal import ArgumentParser
internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

/// A network namespace: that of a process, a file, or this program's own.
struct NamespaceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("That of this process.", valueName: "pid"))
  var pid: Int32?

  @Option(
    help: ArgumentHelp("The one in this file, as ip-netns(8) and container engines make them.", valueName: "path"), completion: .file())
  var netns: String?

  func validate() throws {
    if pid != nil, netns != nil { throw ValidationError("--pid and --netns cannot be used together.") }
    if let pid, pid < 1 { throw ValidationError("--pid must be the number of a process.") }
  }
}

struct AttachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach", abstract: "Give a network namespace that exists already, as a container's, a VPN as its only network.",
    discussion: """
      The namespace gets a link, addresses, routes, and a filter that refuses every other link. It must be empty. Root may attach any; \
      others those of their own user namespaces, as rootless containers have them. Without --pid and --netns: this program's own.

      With --beside it keeps the links that it has, as those of a cluster, for the networks on them and for those of --keep.
      """
        + examples(
          "sudo vpn attach home --pid 4242 --label web", "vpn attach home --pid 4242 --json",
          "sudo vpn attach home --pid 4242 --beside --keep 10.0.0.0/8,fd00::/8"))

  @OptionGroup var vpn: NameArgument
  @OptionGroup var namespace: NamespaceOptions

  @Option(help: ArgumentHelp("How the link is called there: eth0, or with --beside vpn0.", valueName: "name"))
  var link: String?

  @Option(help: ArgumentHelp("As what `vpn ps` lists it; otherwise as the process or the file is called.", valueName: "text"))
  var label: String?

  @Flag(help: "Keep its other links, for their own networks alone.")
  var beside = false

  @Option(help: ArgumentHelp("With --beside: these networks stay with the other links, too.", valueName: "networks"))
  var keep: [String] = []

  @Option(help: ArgumentHelp("What is let in to it from the VPN: tcp/22, or tcp/6881,udp/6881.", valueName: "ports"))
  var inbound: String?

  @Flag(help: "Print addresses, DNS servers and a resolv.conf as JSON.")
  var json = false

  func validate() throws {
    if let link, !Attachment.isLink(Array(link.utf8)) { throw ValidationError("'\(printable(link))': \(Attachment.linkRule).") }
    if let label, !Attachment.isLabel(Array(label.utf8)) { throw ValidationError("'\(printable(label))': \(Attachment.labelRule).") }
    _ = try kept()
    if let inbound {
      guard let ports = TransportPort.list(inbound.utf8) else {
        throw ValidationError("'\(printable(inbound))' is no list of ports: --inbound tcp/22, or --inbound tcp/6881,udp/6881.")
      }
      if !Attachment.isInbound(ports) { throw ValidationError("\(Attachment.inboundRule).") }
    }
  }

  /// What stays with other links; `nil`: there must be none.
  private func kept() throws -> [Prefix]? {
    guard beside else {
      if keep.isEmpty { return nil }
      throw ValidationError("--keep needs --beside.")
    }
    let networks = try keep.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.map { text in
      guard let network = Prefix(String(text)), Beside.isNetwork(network) else {
        throw ValidationError("'\(printable(String(text)))': \(Beside.networkRule).")
      }
      return network.network
    }
    guard networks.count <= Attachment.keptCount else { throw ValidationError("--keep takes at most \(Attachment.keptCount) networks.") }
    return networks
  }

  func run() throws {
    try AttachRequest(
      name: vpn.name, pid: namespace.pid, netns: namespace.netns, link: link, label: label, kept: kept(),
      inbound: inbound.flatMap { TransportPort.list($0.utf8) } ?? [], json: json
    ).run()
  }
}

struct AttachRequest: CommandRequest {
  var name: String
  var pid: Int32?
  var netns: String?
  var link: String?
  var label: String?
  var kept: [Prefix]?
  var inbound: [TransportPort] = []
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try installation.linkedOrKnown(name)
    let namespace = try openNamespace(pid: pid, netns: netns)
    var attachment = Attachment()
    attachment.link = link.map { ByteString($0) }
    attachment.kept = kept
    attachment.label = ByteString(label ?? usualLabel(pid: pid, netns: netns))
    attachment.inbound = inbound
    attachment.pid = pid.map { UInt32($0) } ?? 0
    let report = try installation.helper.attach(name, attachment, namespace)
    if json { return Answer(text: jsonText(report)) }
    let beside = report.kept.map { "; by other links stay: \($0.isEmpty ? "nothing" : $0.joined(separator: ", "))" } ?? ""
    return Answer(text: "\(report.label) is attached to \(report.vpn) as \(report.addresses.joined(separator: ", "))\(beside)\n")
  }
}

/// With the caller's own rights; a FIFO or the like is opened without waiting, and refused by vpn-link as what it is.
func openNamespace(pid: Int32?, netns: String?) throws(Failure) -> FileDescriptor {
  let path = netns ?? pid.map { "/proc/\($0)/ns/net" } ?? "/proc/self/ns/net"
  return try Failure.saying("cannot open \(printable(path))") { () throws(SystemError) in
    try FileDescriptor.open(path, FileDescriptor.readOnlyWithoutWaiting)
  }
}

/// What is no label becomes one.
private func usualLabel(pid: Int32?, netns: String?) -> String {
  var text = netns?.split(separator: "/").last.map(String.init) ?? ""
  if netns == nil {
    let bytes = (try? FileDescriptor(reading: "/proc/\(pid.map { "\($0)" } ?? "self")/comm").readAll(limit: 64)) ?? []
    text = String(decoding: bytes.filter { $0 != 0x0a }, as: UTF8.self)
  }
  let plain = text.utf8.map { (0x21...0x7e).contains($0) ? $0 : 0x5f }.prefix(Attachment.labelLength)
  let label = String(decoding: Array(plain), as: UTF8.self)
  return Attachment.isLabel(Array(label.utf8)) ? label : "namespace"
}
