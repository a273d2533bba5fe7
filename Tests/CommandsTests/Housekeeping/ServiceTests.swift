import LinuxSystem
import NetworkModel
import Testing

@testable import Commands

@Suite struct ServiceTests {
  private func files(_ vpn: String, _ unit: String, _ ports: [String] = []) throws -> [OwnFile] {
    ServiceFiles(
      vpn: VPNName(vpn)!, unit: try ServiceUnit(unit), ports: try ports.map { try ServicePort($0) }, program: "/usr/bin/vpn",
      proxy: "/proxy",
      resolvConf: "nameserver 172.27.12.1\n", nsswitch: nil
    ).all(in: "/u")
  }

  @Test func whatIsWritten() throws {
    let made = try files("home", "web.service", ["[::1]:80"])
    #expect(
      made.map(\.path) == [
        "/u/web.service.d/50-vpnrun.conf", "/u/vpnrun-attach-web.service", "/u/web.service.d/50-vpnrun.resolv", "/u/web-vpn-80.socket",
        "/u/web-vpn-80.service",
      ])
    #expect(
      made[0].text == """
        # vpnrun: home web
        [Unit]
        BindsTo=sys-subsystem-net-devices-home.device vpnrun-attach-web.service
        After=sys-subsystem-net-devices-home.device vpnrun-attach-web.service
        JoinsNamespaceOf=vpnrun-attach-web.service

        [Service]
        PrivateNetwork=yes
        BindReadOnlyPaths=/u/web.service.d/50-vpnrun.resolv:/etc/resolv.conf
        InaccessiblePaths=-/run/nscd -/run/avahi-daemon -/run/systemd/resolve/io.systemd.Resolve -/run/systemd/resolve/io.systemd.Resolve.Monitor

        """)
    #expect(
      made[1].text == """
        # vpnrun: home web
        [Unit]
        Description=Network of web, which is in the VPN home
        BindsTo=sys-subsystem-net-devices-home.device
        After=sys-subsystem-net-devices-home.device vpnrun.service
        PartOf=web.service
        StopWhenUnneeded=yes

        [Service]
        Type=oneshot
        RemainAfterExit=yes
        PrivateNetwork=yes
        PrivateTmp=yes
        PrivateIPC=yes
        ExecStart=/usr/bin/vpn attach home --label web

        """)
    #expect(made[3].text.contains("\nListenStream=[::1]:80\nFreeBind=yes\n"))
    #expect(try files("home", "web", ["80"])[3].text.contains("\nListenStream=127.0.0.1:80\nListenStream=[::1]:80\n"))
    #expect(made[4].text.contains("\nJoinsNamespaceOf=vpnrun-attach-web.service\nPartOf=web-vpn-80.socket\n"))
  }

  @Test("Names that systemd escapes") func escaped() throws {
    #expect(try files("a-b_c", "web")[0].text.contains("BindsTo=sys-subsystem-net-devices-a\\x2db_c.device vpnrun-attach-web.service\n"))
  }

  /// The unit of the service has no program of root's: its environment may be others' to write.
  @Test("Nothing of root's runs in the service's own unit", arguments: ["web", "web@", "web@a"]) func environment(unit: String) throws {
    for file in try files("home", unit) where file.path.contains(".service.d/") { #expect(!file.text.contains("Exec")) }
  }

  @Test("A template's instances have one each") func templates() throws {
    let made = try files("home", "web@")
    #expect(made[0].text.contains("home.device vpnrun-attach-web@%i.service\n"))
    #expect(made[1].path == "/u/vpnrun-attach-web@.service")
    #expect(made[1].text.contains("\nPartOf=web@%i.service\n") && made[1].text.contains(" --label web@%i\n"))
    #expect(try files("home", "web@a")[1].path == "/u/vpnrun-attach-web@a.service")
  }

  @Test("A long name is cut to a label") func long() throws {
    let name = String(repeating: "a", count: 100)
    #expect(try files("home", name)[1].text.contains(" --label \(String(repeating: "a", count: 60))\n"))
  }

  @Test(
    "A service that is not one",
    arguments: ["a:b", "a\\x2db", "vpnrun-attach-a", "", "a/b", ".a", "@x", "-x", "a.socket", "a.timer", "a b", "a\n"])
  func units(typed: String) { #expect(throws: Failure.self) { try ServiceUnit(typed) } }

  @Test("A port that is none", arguments: ["", "0", "65536", "x", "080", ":80", "::1:80", "[127.0.0.1]:80", "a:80", "127.0.0.1:", "+80"])
  func ports(typed: String) { #expect(throws: Failure.self) { try ServicePort(typed) } }

  @Test("What was made is found again, and goes") func recorded() throws {
    let folder = TestFolder()
    let installation = folder.installation
    let unit = try ServiceUnit("web@a")
    let made = ServiceFiles(
      vpn: VPNName("home")!, unit: try ServiceUnit("web"), ports: [try ServicePort("80")], program: "/vpn", proxy: "/proxy",
      resolvConf: nil,
      nsswitch: nil
    ).all(in: installation.units)
    for file in made { try OwnFile.write(file.path, file.text) }
    try OwnFile.write("\(installation.units)/web.service.d/10-other.conf", "[Service]\n")
    #expect(installation.services() == [ServiceReport(unit: "web", vpn: "home", ports: [.init(address: nil, port: 80)])])
    try installation.removeService(unit)
    #expect(installation.services().count == 1)
    try installation.removeService(try ServiceUnit("web"))
    #expect(installation.services().isEmpty)
    #expect(try Files.list("\(installation.units)/web.service.d") == ["10-other.conf"])
    #expect(installation.isForeign("\(installation.units)/web.service.d/10-other.conf"))
  }

  // MARK: A user's own

  private func lines(_ texts: String..., program: String = "/usr/bin/vpnrun") throws -> [String] {
    try UserService(try ServiceUnit("web"), texts).lines(VPNName("home")!, program)
  }

  @Test("vpnrun starts the program as the unit would") func userLines() throws {
    #expect(try lines("[Service]\nExecStart=/bin/a b\n") == ["ExecStart=", "ExecStart=/usr/bin/vpnrun home -- /bin/a b"])
    #expect(try lines("[Service]\nExecStart = -:a \"b c\" $D\n")[1] == "ExecStart=-:/usr/bin/vpnrun home -- a \"b c\" $D")
    #expect(try lines("[Service]\nExecStart=a \\\n# no\n  b\n")[1].split(separator: " ").suffix(2) == ["a", "b"])
    #expect(try lines("[Service]\nExecStart=+a\n")[1] == "ExecStart=/usr/bin/vpnrun home -- a")
    #expect(try lines("[Service]\nExecStart=a\nExecStart=b\n").count == 3)
    #expect(try lines("[Service]\nExecStart=a\n", "[Service]\nExecStart=\nExecStart=b\n")[1].hasSuffix(" -- b"))
    #expect(try lines("[Service]\nExecStart=a\n", program: "/opt/a b/vpnrun")[1] == "ExecStart=\"/opt/a b/vpnrun\" home -- a")
    #expect(try lines("[Service]\nNoNewPrivileges=yes\nExecStart=a\n", "[Service]\nNoNewPrivileges=no\n").count == 2)
  }

  @Test("What vpnrun cannot do is said, with its reason") func userRefusals() {
    func said(_ text: String) -> String {
      do throws(Failure) {
        _ = try UserService(try ServiceUnit("web"), [text]).lines(VPNName("home")!, "/v")
        return "accepted"
      } catch { return error.inOneLine }
    }
    #expect(said("[Unit]\nExecStart=a\n") == "web has no ExecStart")
    #expect(said("[Service]\nExecStart=a\nExecStart=\n") == "web has no ExecStart")
    #expect(said("[Service]\nExecStart=@a b\n").contains("ExecStart=@"))
    for key in UserService.forbidding { #expect(said("[Service]\nExecStart=a\n\(key)=yes\n").hasPrefix("web has \(key), under which")) }
    #expect(
      said("[Service]\nSystemCallFilter=@system-service\nLockPersonality=1\nExecStart=a\n").contains(
        "has SystemCallFilter, LockPersonality,"))
  }
}
