internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// Where container engines look for what is told to them.
struct ContainerFolders {
  /// Of the Container Device Interface: podman, docker, containerd, cri-o.
  var cdi = "/etc/cdi"
  /// Of podman's network backend; the administrator's comes first of those that it knows.
  var netavark = "/usr/local/libexec/netavark"
  /// One of these is there where netavark is.
  var netavarkPrograms = ["/usr/lib/podman/netavark", "/usr/libexec/podman/netavark"]
  /// Of CNI's plugins, as containerd, nerdctl and podman have them.
  var cniPlugins = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"]
  var cniNetworks = "/etc/cni/net.d"
  /// On a node of Kubernetes the first network in `cniNetworks` is that of all pods.
  var kubernetes = ["/var/lib/kubelet", "/etc/kubernetes"]

  var cdiFile: String { "\(cdi)/vpnrun.json" }
  /// Files that are bound over resolv.conf. Engines read no folder in this one.
  var resolvers: String { "\(cdi)/vpnrun" }
  func resolver(of name: VPNName) -> String { "\(resolvers)/\(name).resolv" }
  func network(of name: VPNName) -> String { "\(cniNetworks)/95-vpnrun-\(name).conflist" }
}

/// What `vpn containers enable` writes. It is all the record there is: made by it is what says so, and what is there makes them enabled.
struct ContainerFiles {
  static let kind = "vpnrun/vpn"
  static let mark = "# vpnrun: containers"

  enum Content: Equatable { case json, script, resolver }

  struct File: Equatable {
    var path: String
    var text: String
    var content: Content
  }

  /// - Parameter vpns: with a box.
  static func all(_ vpns: [ProfileNeighbour], on installation: Installation) -> [File] {
    let folders = installation.containers
    let vpns = vpns.filter(\.profile.hasBox).sorted { $0.name.description < $1.name.description }
    var files: [File] = []
    var devices: [JSONValue] = []
    for vpn in vpns {
      let text = CommandResolvers(servers: vpn.profile.dns, search: vpn.profile.search.map { ByteString($0.description) }).resolvConf
      if let text {
        files.append(File(path: folders.resolver(of: vpn.name), text: "\(mark)\n\(text)", content: .resolver))
      }
      devices.append(device(vpn.name, hasResolver: text != nil, installation))
    }
    let cdi = JSONValue.object(["cdiVersion": .string("0.5.0"), "kind": .string(kind), "devices": .array(devices)])
    files.append(File(path: folders.cdiFile, text: jsonText(cdi), content: .json))
    if folders.netavarkPrograms.contains(where: Files.exists) {
      files.append(File(path: "\(folders.netavark)/vpnrun", text: script("netavark", installation), content: .script))
    }
    let plugins = folders.cniPlugins.filter { Files.isDirectory($0) }
    for folder in plugins { files.append(File(path: "\(folder)/vpnrun", text: script("cni", installation), content: .script)) }
    guard !plugins.isEmpty, Files.isDirectory(folders.cniNetworks), !folders.kubernetes.contains(where: Files.exists) else { return files }
    for vpn in vpns { files.append(File(path: folders.network(of: vpn.name), text: jsonText(network(vpn.name)), content: .json)) }
    return files
  }

  /// As OCI has a hook, in config.json and in CDI's files.
  static func hook(_ name: VPNName, _ installation: Installation) -> JSONValue {
    .object([
      "path": .string(installation.program("vpn-manage")), "args": .strings(["vpn-manage", "engine", "hook", "\(name)"]),
    ])
  }

  private static func device(_ name: VPNName, hasResolver: Bool, _ installation: Installation) -> JSONValue {
    var hook = hook(name, installation)
    hook["hookName"] = .string("createRuntime")
    var edits: [String: JSONValue] = ["hooks": .array([hook])]
    if hasResolver {
      edits["mounts"] = .array([
        .object([
          "hostPath": .string(installation.containers.resolver(of: name)), "containerPath": .string("/etc/resolv.conf"),
          "options": .strings(["ro", "nosuid", "nodev", "bind"]),
        ])
      ])
    }
    return .object(["name": .string("\(name)"), "containerEdits": .object(edits)])
  }

  /// With `portMappings` podman tells of --publish, which is refused; it says nothing otherwise, and publishes nothing.
  private static func network(_ name: VPNName) -> JSONValue {
    .object([
      "cniVersion": .string("1.0.0"), "name": .string("\(name)"),
      "plugins": .array([
        .object(["type": .string("vpnrun"), "vpn": .string("\(name)"), "capabilities": .object(["portMappings": .boolean(true)])])
      ]),
    ])
  }

  private static func script(_ word: String, _ installation: Installation) -> String {
    "#!/bin/sh\n\(mark)\nexec \(shellWord(installation.program("vpn-manage"))) engine \(word) \"$@\"\n"
  }

  /// Whether a file was made here; `nil`: there is none.
  static func isOurs(_ path: String) -> Bool? {
    guard FileStatus.of(path) != nil else { return nil }
    let bytes = (try? FileDescriptor(readingWithoutWaiting: path).readAll(limit: 1 << 20)) ?? []
    if bytes.split(separator: 0x0a, maxSplits: 2).prefix(2).contains(where: { $0.elementsEqual(mark.utf8) }) { return true }
    guard let value = JSONValue(bytes) else { return false }
    return value["kind"]?.string == kind || value["plugins"]?.elements.first?["type"]?.string == "vpnrun"
  }
}

extension Installation {
  var hasContainers: Bool { ContainerFiles.isOurs(containers.cdiFile) == true }

  /// All that was made, whether it is wanted still or not.
  func containerFiles() -> [String] {
    let folders = containers
    let resolvers = ((try? Files.list(folders.resolvers)) ?? []).sorted().map { "\(folders.resolvers)/\($0)" }
    let networks = ((try? Files.list(folders.cniNetworks)) ?? []).sorted().filter { $0.hasPrefix("95-vpnrun-") }
    let plugins = (folders.cniPlugins + [folders.netavark]).map { "\($0)/vpnrun" }
    return ([folders.cdiFile] + resolvers + plugins + networks.map { "\(folders.cniNetworks)/\($0)" })
      .filter { ContainerFiles.isOurs($0) == true }
  }

  /// Makes the files be those of the profiles that there are.
  /// - Returns: whether anything was written or removed.
  func writeContainerFiles() throws(Failure) -> Bool {
    let wanted = ContainerFiles.all(profiles.neighbours(of: nil).profiles, on: self)
    for file in wanted where ContainerFiles.isOurs(file.path) == false {
      throw Failure("\(printable(file.path)) is there already, and not made here: remove it first")
    }
    var changed = false
    for file in wanted where Look.text(file.path) != file.text {
      // What is told must be there before it is told: the CDI file comes behind the files that it names.
      try Failure.saying("cannot write \(printable(file.path))") { () throws(SystemError) in
        try Files.makeFolders(file.path.folderPart, mode: 0o755)
      }
      try OwnFile.write(file.path, file.text, mode: file.content == .script ? 0o755 : 0o644)
      changed = true
    }
    for path in containerFiles() where !wanted.contains(where: { $0.path == path }) {
      try removeContainerFile(path)
      changed = true
    }
    return changed
  }

  /// Profiles of which engines are not told, a sentence each.
  func untoldToContainers() -> [String] {
    let told = profiles.neighbours(of: nil).profiles.map(\.name)
    return profiles.names().filter { !told.contains($0) }
      .map { "\($0): \(printable(profiles.file(of: $0))) cannot be read, so container engines are not told of it" }
  }

  /// After profiles have come, gone or changed.
  /// - Returns: what could not be done.
  func keepContainers() -> [String] {
    guard isRoot, hasContainers else { return [] }
    do throws(Failure) {
      _ = try writeContainerFiles()
      return untoldToContainers().map { "containers: \($0)" }
    } catch { return ["containers: \(error.inOneLine)"] }
  }

  private func removeContainerFile(_ path: String) throws(Failure) {
    try Failure.saying("cannot remove \(printable(path))") { () throws(SystemError) in try Files.remove(path) }
  }

  func removeContainerFiles() throws(Failure) -> Bool {
    let made = containerFiles()
    for path in made {
      try removeContainerFile(path)
    }
    for folder in [containers.resolvers, containers.cdi, containers.netavark, containers.netavark.folderPart] {
      Files.removeEmptyFolder(folder)
    }
    return !made.isEmpty
  }
}
