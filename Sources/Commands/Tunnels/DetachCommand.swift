internal import ArgumentParser
internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

struct DetachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "detach", abstract: "Take a VPN away from a network namespace.",
    discussion: """
      What was attached has no network then. A namespace that ends needs no detach. By its label, by a process, or by its file; \
      without any of these: this program's own.
      """
        + examples(
          "sudo vpn detach home web", "vpn detach home --pid 4242"))

  @OptionGroup var vpn: NameArgument

  @Argument(help: "As what `vpn ps` lists it.")
  var label: String?

  @OptionGroup var namespace: NamespaceOptions

  func validate() throws {
    guard let label else { return }
    if !Attachment.isLabel(Array(label.utf8)) { throw ValidationError("'\(printable(label))': \(Attachment.labelRule).") }
    if namespace.pid != nil || namespace.netns != nil { throw ValidationError("A label cannot be used with --pid or --netns.") }
  }

  func run() throws { try DetachRequest(name: vpn.name, label: label, pid: namespace.pid, netns: namespace.netns).run() }
}

struct DetachRequest: CommandRequest {
  var name: String
  var label: String?
  var pid: Int32?
  var netns: String?

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let name = try installation.linkedOrKnown(name)
    var count = 0
    if let label {
      var attachment = Attachment()
      attachment.label = ByteString(label)
      // What was made in the namespace goes as well, where one of its processes can be seen.
      for command in try CommandReport.all(on: installation, in: name.description) where command.attached && command.command == label {
        guard let process = command.processes?.first, let namespace = try? openNamespace(pid: process.pid, netns: nil),
          (try? installation.helper.isAttached(namespace, as: label, in: name)) ?? false
        else { continue }
        count += try installation.helper.detach(name, Attachment(), namespace)
      }
      count += try installation.helper.detach(name, attachment)
    } else {
      count = try installation.helper.detach(name, Attachment(), try openNamespace(pid: pid, netns: netns))
    }
    let what = label.map { printable($0) } ?? "that namespace"
    return Answer(text: count == 0 ? "\(what) was not attached to \(name)\n" : "\(what) is no longer attached to \(name)\n")
  }
}
