internal import LinuxSystem

/// `podman run`'s words, sorted: what `podman create` gets, and what `podman start`.
struct PodmanWords: Equatable {
  enum Verb: String { case run, start }

  var verb: Verb
  /// Options, image and command, for `podman create`.
  var create: [String] = []
  /// Options for `podman start`.
  var start: [String] = []
  /// Of `start`.
  var container = ""

  /// Options without a value; of all others the next word is one, unless it is behind a `=` (podman-run(1), podman-start(1)).
  private static let flags: Set<String> = [
    "--detach", "--disable-content-trust", "--env-host", "--help", "--http-proxy", "--init", "--interactive", "--no-healthcheck",
    "--no-hostname", "--no-hosts", "--oom-kill-disable", "--passwd", "--privileged", "--publish-all", "--quiet", "--read-only",
    "--read-only-tmpfs", "--replace", "--rm", "--rmi", "--rootfs", "--sig-proxy", "--tls-verify", "--tty", "-d", "-i", "-t", "-q", "-P",
  ]

  /// What is about a network that the container does not have, and what would be refused by podman in other words.
  private static let refused: [String: String] = [
    "--network": "the VPN is its network", "--net": "the VPN is its network", "--pod": "a pod has a network of its own",
    "--pod-id-file": "a pod has a network of its own", "--publish": "a VPN publishes no ports of containers",
    "-p": "a VPN publishes no ports of containers", "--publish-all": "a VPN publishes no ports of containers",
    "-P": "a VPN publishes no ports of containers", "--ip": "the VPN gives addresses", "--ip6": "the VPN gives addresses",
    "--mac-address": "the VPN gives addresses", "--network-alias": "the VPN is its network",
    "--dns": "the VPN's servers are asked", "--dns-search": "the VPN's servers are asked", "--dns-option": "the VPN's servers are asked",
    "--restart": "started again by podman it would have no network: let a unit of systemd call `vpn podman`",
    "--attach": "standard output and error are shown, and with -d nothing",
    "-a": "standard output and error are shown, and with -d nothing", "--rmi": "`podman rmi` removes an image",
    "--help": "`podman run --help` has podman's options",
  ]

  init(_ words: [String], vpn: String) throws(Failure) {
    let usage = "type `vpn podman \(printable(vpn)) run IMAGE` or `vpn podman \(printable(vpn)) start CONTAINER`"
    guard let first = words.first, let verb = Verb(rawValue: first) else { throw Failure(usage, status: .usage) }
    self.verb = verb
    var rest = words.dropFirst()
    var isDetached = false
    var isInteractive = false
    options: while let word = rest.first, word.hasPrefix("-"), word != "-" {
      rest.removeFirst()
      if word == "--" {
        if verb == .run { create.append(word) }
        break
      }
      var word = word
      var (name, value) = Self.split(word)
      // `-it`, `-dit`, and `-e` with its value at once.
      if !word.hasPrefix("--"), word.count > 2 {
        let letters = Array(word.dropFirst())
        name = "-" + String(letters[0])
        if Self.flags.contains(name) {
          rest.insert("-" + String(letters[1...]), at: rest.startIndex)
          word = name
        } else {
          value = String(letters[1...])
        }
      }
      if let reason = Self.refused[name] { throw Failure("\(name) cannot be used here: \(reason)", status: .usage) }
      var spelled = [word]
      if value == nil, !Self.flags.contains(name) {
        guard let next = rest.popFirst() else { throw Failure("\(name) needs a value", status: .usage) }
        spelled.append(next)
      }
      let isOn = value.map { ["true", "1", "t", "T", "TRUE", "True"].contains($0) } ?? true
      switch name {
      case "-d", "--detach": isDetached = isOn
      case "-i", "--interactive":
        isInteractive = isOn
        if verb == .run { create += spelled }
      case "--sig-proxy", "--detach-keys": start += spelled
      default:
        guard verb == .run else {
          throw Failure("`vpn podman \(printable(vpn)) start` knows -d and -i, and not \(printable(name))", status: .usage)
        }
        create += spelled
      }
    }
    if isDetached { start = [] } else { start.insert(isInteractive ? "-ai" : "-a", at: 0) }
    switch verb {
    case .run:
      guard !rest.isEmpty else { throw Failure("an image is missing: \(usage)", status: .usage) }
      create += rest
    case .start:
      guard rest.count == 1, let only = rest.first else { throw Failure("start needs one container: \(usage)", status: .usage) }
      container = only
    }
  }

  private static func split(_ word: String) -> (name: String, value: String?) {
    guard word.hasPrefix("--"), let end = word.firstIndex(of: "=") else { return (word, nil) }
    return (String(word[..<end]), String(word[word.index(after: end)...]))
  }
}
