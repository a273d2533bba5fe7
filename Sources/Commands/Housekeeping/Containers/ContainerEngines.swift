internal import LinuxSystem

extension Installation {
  /// Those of this machine, and what each is told.
  /// - Parameter vpn: as an example.
  func containerEngines(_ vpn: String) throws(Failure) -> [ContainersReport.Engine] {
    var found: [ContainersReport.Engine] = []
    if let version = try version(of: "podman") { found.append(.init(name: "podman", version: version.text, uses: podman(vpn, version))) }
    // Its name as a link to podman's is no docker.
    if let version = try version(of: "docker"), version.isDocker {
      found.append(.init(name: "docker", version: version.text, uses: docker(vpn, version)))
    }
    if let version = try version(of: "nerdctl") {
      found.append(.init(name: "nerdctl", version: version.text, uses: [.init(command: "nerdctl run --network \(vpn) IMAGE", setup: nil)]))
    }
    return found
  }

  struct EngineVersion {
    /// `nil`: it does not say.
    var text: String?
    var major = 0
    var minor = 0
    var isDocker = false

    /// "podman version 4.3.1", "Docker version 20.10.24+dfsg1, build 297e128".
    init(_ said: String) {
      isDocker = said.hasPrefix("Docker ")
      let words = said.split { $0 == " " || $0 == "," || $0 == "\n" }
      guard let word = words.first(where: { $0.first?.isNumber ?? false }) else { return }
      text = String(word)
      let numbers = word.split { !$0.isNumber }.prefix(2).map { Int($0) ?? 0 }
      (major, minor) = (numbers.first ?? 0, numbers.dropFirst().first ?? 0)
    }
  }

  private func version(of engine: String) throws(Failure) -> EngineVersion? {
    guard Look.program(engine, in: Look.path) != nil else { return nil }
    return EngineVersion(try Look.says(engine, ["--version"]) ?? "")
  }

  private func podman(_ vpn: String, _ version: EngineVersion) -> [ContainersReport.Use] {
    var uses = [ContainersReport.Use(command: "sudo podman run --network none --device vpnrun/vpn=\(vpn) IMAGE", setup: nil)]
    // Plugins came with podman 4.6.
    if (version.major, version.minor) >= (4, 6) {
      uses.append(.init(command: "sudo podman run --network \(vpn) IMAGE", setup: "sudo podman network create -d vpnrun \(vpn)"))
    }
    uses.append(.init(command: "vpn podman \(vpn) run IMAGE", setup: nil))
    return uses
  }

  private func docker(_ vpn: String, _ version: EngineVersion) -> [ContainersReport.Use] {
    let restart = "and `sudo systemctl restart docker`"
    guard version.major >= 25 || version.text == nil else {
      let runtime = JSONValue.object([
        "runtimes": .object([
          "vpn-\(vpn)": .object([
            "path": .string(program("vpn-manage")), "runtimeArgs": .strings(["engine", "runtime", vpn]),
          ])
        ])
      ])
      let text = jsonText(runtime, inOneLine: true).dropLast()
      return [
        .init(
          command: "docker run --runtime vpn-\(vpn) --network none IMAGE", setup: "\(text) in /etc/docker/daemon.json, \(restart)")
      ]
    }
    // Docker 28.2 has it switched on.
    let isOn = (version.major, version.minor) >= (28, 2)
    return [
      .init(
        command: "docker run --network none --device vpnrun/vpn=\(vpn) IMAGE",
        setup: isOn ? nil : #"{"features": {"cdi": true}} in /etc/docker/daemon.json, \#(restart)"#)
    ]
  }
}
