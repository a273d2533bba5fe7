internal import LinuxSystem
internal import NetworkModel

/// runc(8) for engines without CDI (docker 20.10): `"runtimes"` of its daemon.json names vpn-manage with these words, and what it asks of runc
/// passes through here. Only config.json of a new container is changed: it gets the hook, and the VPN's resolv.conf.
struct RuntimeRequest {
  var vpn: String
  /// For runc.
  var words: [String]

  /// Returns only by an error: runc takes this process's place.
  func become(on installation: Installation) throws(Failure) {
    if let bundle { try addHook(bundle, on: installation) }
    let runtime = ["runc", "crun"].lazy.compactMap { Look.program($0, in: Look.path) }.first
    guard let runtime else { throw Failure("there is no runc: `sudo apt install runc`") }
    throw Failure(of: execute([Array(runtime.utf8)] + words.map { Array($0.utf8) }))
  }

  /// The folder of config.json, of a command that makes a container: what follows --bundle, or where runc stands.
  var bundle: String? {
    guard let command, ["create", "run", "restore"].contains(words[command]) else { return nil }
    let rest = words[(command + 1)...]
    for index in rest.indices {
      for option in ["--bundle", "-b"] {
        if rest[index] == option, index + 1 < rest.endIndex { return rest[index + 1] }
        if rest[index].hasPrefix(option + "=") { return String(rest[index].dropFirst(option.count + 1)) }
      }
    }
    return "."
  }

  /// The first word that is no option of runc's own, nor the value of one.
  private var command: Int? {
    var index = 0
    while index < words.count, words[index].hasPrefix("-") {
      index += Self.options.contains(words[index]) ? 2 : 1
    }
    return index < words.count ? index : nil
  }

  /// Those that stand before the command and take a value (runc(8), crun(1)).
  private static let options: Set<String> = ["--root", "--log", "--log-format", "--log-level", "--rootless", "--criu", "--cgroup-manager"]

  private func addHook(_ bundle: String, on installation: Installation) throws(Failure) {
    let file = "\(bundle)/config.json"
    let name = try installation.vpnOfEngine(vpn)
    let text = try Failure.saying("cannot read \(printable(file))") { () throws(SystemError) in
      try FileDescriptor(reading: file).readAll(limit: 64 << 20)
    }
    guard let old = JSONValue(text) else { throw Failure("\(printable(file)) is no JSON") }
    let new = Self.withHook(old, name, on: installation)
    guard new != old else { return }
    try Failure.saying("cannot write \(printable(file))") { () throws(SystemError) in
      let mode = FileStatus.of(file)?.mode ?? 0o600
      try FileDescriptor(reading: bundle).replace("config.json", with: Array(jsonText(new, inOneLine: true).utf8), mode: mode & 0o777)
    }
  }

  static func withHook(_ config: JSONValue, _ name: VPNName, on installation: Installation) -> JSONValue {
    var config = config
    let hook = ContainerFiles.hook(name, installation)
    var hooks = config["hooks"] ?? .object([:])
    let known = hooks["createRuntime"]?.elements ?? []
    if !known.contains(hook) { hooks["createRuntime"] = .array(known + [hook]) }
    config["hooks"] = hooks
    // The engine's own has the host's servers. Queries would be redirected all the same; search domains would not.
    let resolver = installation.containers.resolver(of: name)
    if Files.exists(resolver), let mounts = config["mounts"] {
      config["mounts"] = .array(
        mounts.elements.map { mount in
          guard mount["destination"]?.string == "/etc/resolv.conf" else { return mount }
          var mount = mount
          mount["source"] = .string(resolver)
          mount["options"] = .strings(["rbind", "rprivate", "ro"])
          return mount
        })
    }
    return config
  }
}
