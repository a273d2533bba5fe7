internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// A createRuntime hook of OCI's (runtime-spec, config.md): the container's state comes as JSON, when its namespaces are there and its program
/// is not yet. If it fails, the container does not start. Engines call it by the CDI file that `vpn containers enable` writes.
struct HookRequest: CommandRequest {
  var vpn: String
  var state: [UInt8]
  /// The user namespace that it runs in, from proc(5).
  var userMap = Look.text("/proc/self/uid_map") ?? ""

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let words = userMap.split { $0 == " " || $0 == "\n" }
    guard words.count == 3, words[0] == "0", words[1] == "0", words[2] == "4294967295" else {
      throw Failure("hooks of rootless containers cannot do this: type `vpn podman \(printable(vpn)) run …` in place of `podman run …`")
    }
    guard let state = JSONValue(state), let pid = state["pid"]?.number, let pid = Int32(exactly: pid), pid > 0 else {
      throw Failure("an OCI runtime calls this: standard input is not a container's state with a pid")
    }
    let name = try installation.vpnOfEngine(vpn)
    let id = state["id"]?.string ?? ""
    // An engine's name for people, where it writes one.
    let known = ["nerdctl/name", "io.kubernetes.container.name"].lazy.compactMap { state["annotations"]?[$0]?.string }.first
    var attachment = Attachment()
    attachment.label = ByteString(Attachment.label(ofContainer: known ?? id))
    attachment.pid = UInt32(pid)
    _ = try installation.forEngines.helper.attach(name, attachment, try openNamespace(pid: pid, netns: nil))
    return Answer()
  }
}
