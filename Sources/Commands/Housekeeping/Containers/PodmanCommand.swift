internal import ArgumentParser
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

struct PodmanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "podman", abstract: "Run a container of your own podman in a VPN.",
    discussion: """
      For containers without root, which no hook can put into a VPN: podman makes the container, its network is attached, and podman \
      starts it. What follows `run` is podman's, but for options about the network. `start` starts such a container again.
      """
        + examples("vpn podman home run --rm -it alpine sh", "vpn podman home run -d --name web nginx", "vpn podman home start web"))

  @OptionGroup var vpn: NameArgument

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("`run` and its options and words, or `start` and a container.", valueName: "command"))
  var words: [String] = []

  func run() throws { try PodmanRequest(name: vpn.name, words: words).become(on: .current()) }
}

/// Returns only by an error: podman takes this process's place, with its terminal, its signals and the container's exit status.
struct PodmanRequest {
  var name: String
  var words: [String]

  func become(on installation: Installation) throws(Failure) {
    let command = try PodmanWords(words, vpn: name)
    let name = try installation.linkedOrKnown(name)
    let podman = Look.program("podman", in: Look.path)
    guard let podman else { throw Failure("there is no podman: `sudo apt install podman`") }
    guard installation.isLinked(name) else { throw Failure("\(name) is not linked: `vpn link \(name)` builds its box") }
    // What Ctrl-C ends is a child; what was made before, goes.
    Interrupt.remember()
    let resolver = try writeResolver(name, on: installation)
    let container: String
    switch command.verb {
    case .run:
      let mount = resolver.map { ["--mount", "type=bind,src=\($0),dst=/etc/resolv.conf,ro"] } ?? []
      container = try Self.said(podman, ["create", "--network", "none"] + mount + command.create)
    case .start: container = try Self.said(podman, ["inspect", "--type", "container", "-f", "{{.Id}}", command.container])
    }
    do throws(Failure) {
      try plug(container, podman, into: name, on: installation)
      if Interrupt.happened { throw .interrupted }
    } catch {
      if command.verb == .run {
        _ = try? Child(podman, ["rm", "-f", container], output: .capturedWithErrors, environment: Child.ownEnvironment).run()
      }
      throw error
    }
    throw Failure(of: execute(([podman, "start"] + command.start + [container]).map { Array($0.utf8) }))
  }

  /// Where names are asked, for the container: podman writes no such file for one without a network, and takes no servers for it. It stays as
  /// long as containers may, beside what `vpnrun --separate` has.
  /// - Returns: `nil` where the VPN has no server.
  private func writeResolver(_ name: VPNName, on installation: Installation) throws(Failure) -> String? {
    guard let text = try installation.helper.show(name).resolvers.resolvConf else { return nil }
    guard let home = installation.desktop.files?.home else {
      throw Failure("neither HOME nor XDG_DATA_HOME is set: there is no place for the container's resolv.conf")
    }
    guard !home.contains(",") else { throw Failure("podman mounts nothing from a folder with a comma: \(printable(home))") }
    let path = "\(home)/vpnrun/\(name).resolv"
    if Look.text(path) != text { try OwnFile.write(path, text) }
    return path
  }

  /// Its network is made and its program waits: until podman starts it, nothing runs there.
  private func plug(_ container: String, _ podman: String, into name: VPNName, on installation: Installation) throws(Failure) {
    _ = try Self.said(podman, ["init", container])
    let told = try Self.said(
      podman, ["inspect", "--type", "container", "-f", "{{.State.Pid}}|{{.HostConfig.NetworkMode}}|{{.Name}}", container])
    let parts = told.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let pid = Int32(parts[0]), pid > 0 else {
      throw Failure("podman does not say where its container is: '\(printable(told))'")
    }
    guard parts[1] == "none" else {
      throw Failure("\(printable(parts[2])) has a network of its own (\(printable(parts[1]))): make it by `vpn podman \(name) run`")
    }
    var attachment = Attachment()
    attachment.label = ByteString(Attachment.label(ofContainer: parts[2]))
    attachment.pid = UInt32(pid)
    _ = try installation.helper.attach(name, attachment, try openNamespace(pid: pid, netns: nil))
  }

  /// What podman prints, in one line; its standard error is the user's.
  private static func said(_ podman: String, _ words: [String]) throws(Failure) -> String {
    let ended = try Failure.saying("cannot run podman") { () throws(SystemError) in
      try Child(podman, words, output: .captured, environment: Child.ownEnvironment).run()
    }
    if ended.how == .interrupted || Interrupt.happened { throw .interrupted }
    guard ended.how == .exit(0) else {
      guard case .exit(let status) = ended.how else { throw Failure("podman was killed") }
      // It has said why, and its status is its own.
      throw Failure("", status: status)
    }
    return String(decoding: ended.output.split(separator: 0x0a).last ?? [], as: UTF8.self)
  }
}
