import Testing

@testable import Commands
@testable import Diagnosis

/// Machines, as text.
private enum Machine {
  static let link = "/usr/local/libexec/vpnrun/vpn-link"
  static let launch = "/usr/local/libexec/vpnrun/vpn-launch"
  static let program = InstallationFacts.Place(kind: .file, mode: 0o710, owner: 0, group: 990)
  static let folder = InstallationFacts.Place(kind: .folder, mode: 0o755, owner: 0, group: 0)

  static func process(user: Int = 1000, groups: String = "24 990 1000", noNewPrivs: Int = 0, bounding: String = "000001ffffffffff")
    -> String
  {
    """
    Name:\tvpn-manage
    Uid:\t\(user)\t\(user)\t\(user)\t\(user)
    Gid:\t\(user)\t\(user)\t\(user)\t\(user)
    Groups:\t\(groups)
    CapBnd:\t\(bounding)
    NoNewPrivs:\t\(noNewPrivs)

    """
  }

  /// An ordinary one, with alice in the group.
  static let ordinary = InstallationFacts(
    programs: [
      .init(
        path: launch, status: program, wanted: ["cap_net_admin", "cap_sys_admin"], capabilities: "\(launch) cap_net_admin,cap_sys_admin=p\n"
      ),
      .init(
        path: link, status: program, wanted: ["cap_dac_override", "cap_net_admin", "cap_sys_admin"],
        capabilities: "\(link) cap_dac_override,cap_net_admin,cap_sys_admin=p\n"),
    ],
    mounts: """
      21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
      40 21 0:20 / /tmp rw,nosuid,nodev - tmpfs tmpfs rw
      41 21 8:2 / /usr/local rw,relatime shared:1 - ext4 /dev/sda2 rw

      """,
    process: process(), userMap: "         0          0 4294967295\n", user: "alice", group: "vpn", groupEntry: "vpn:x:990:alice,bob\n",
    profilePath: "/etc/vpnrun", profileFolder: folder,
    profiles: [.init(path: "/etc/vpnrun/home.conf", status: InstallationFacts.Place(kind: .file, mode: 0o600, owner: 0, group: 0))],
    pinFolder: folder, versions: ["vpnrun 0.1.0"], version: "0.1.0", hasCompletions: true)
}

@Suite struct InstallationFactsTests {
  /// What is not well with a machine that differs from the ordinary one.
  private func bad(_ change: (inout InstallationFacts) -> Void) -> [Finding] {
    var facts = Machine.ordinary
    change(&facts)
    return facts.findings.filter { $0.severity != .ok }
  }

  @Test func ordinary() {
    #expect(bad { _ in } == [])
    #expect(Machine.ordinary.findings.count == 10)
  }

  @Test func capabilities() {
    let fix = "sudo setcap cap_dac_override,cap_net_admin,cap_sys_admin=p \(Machine.link)"
    for text in ["", "\(Machine.link) cap_net_admin,cap_sys_admin=p", "\(Machine.link) cap_dac_override,cap_net_admin,cap_sys_admin=ep"] {
      let found = bad { $0.programs[1].capabilities = text }
      #expect(found.map(\.check) == ["capabilities"])
      #expect(found.first?.severity == .problem)
      #expect(found.first?.fix == fix)
    }
    // As older versions of getcap say it.
    #expect(bad { $0.programs[1].capabilities = "\(Machine.link) = cap_dac_override,cap_net_admin,cap_sys_admin+p" } == [])
    #expect(bad { $0.programs[1].capabilities = nil }.map(\.severity) == [.note])
  }

  @Test(arguments: [
    (UInt32(0o4755), "is setuid or setgid"), (0o2710, "is setuid or setgid"), (0o755, "has mode 0755, not 0710"),
    (0o700, "has mode 0700, not 0710"),
  ])
  func mode(_ mode: UInt32, _ what: String) {
    let found = bad { $0.programs[0].status?.mode = mode }
    #expect(found.map(\.what) == ["\(Machine.launch) \(what)"])
    #expect(found.first?.fix == "sudo chmod 0710 \(Machine.launch)")
  }

  /// chown(2) takes capabilities away: what fixes the one gives the other again.
  @Test func owner() {
    for status in [
      InstallationFacts.Place(kind: .file, mode: 0o710, owner: 1000, group: 990),
      InstallationFacts.Place(kind: .file, mode: 0o710, owner: 0, group: 0),
    ] {
      let found = bad { $0.programs[1].status = status }
      #expect(found.first?.check == "owner")
      let capabilities = "sudo setcap cap_dac_override,cap_net_admin,cap_sys_admin=p \(Machine.link)"
      #expect(found.first?.fix == "sudo chown root:vpn \(Machine.link) && \(capabilities)")
    }
    #expect(bad { $0.programs[0].status = nil }.map(\.fix) == [installAgain])
  }

  @Test func nosuid() {
    let found = bad { $0.mounts += "50 41 8:2 / /usr/local rw,nosuid - ext4 /dev/sda2 rw\n" }
    #expect(found.map(\.check) == ["nosuid", "nosuid"])
    #expect(found.first?.fix == "sudo mount -o remount,suid /usr/local")
    #expect(bad { $0.mounts += "50 41 8:2 / /usr/local/lib rw,nosuid - ext4 /dev/sda2 rw\n" } == [])
  }

  @Test func group() {
    let outsider = bad {
      $0.process = Machine.process(groups: "24 1000")
      $0.groupEntry = "vpn:x:990:bob\n"
    }
    #expect(outsider.map(\.fix) == ["sudo adduser alice vpn"])
    let early = bad { $0.process = Machine.process(groups: "24 1000") }
    #expect(early.map(\.fix) == ["newgrp vpn"])
    let primary = bad { $0.process = Machine.process(user: 990, groups: "") }
    #expect(primary == [])
    let root = bad { $0.process = Machine.process(user: 0, groups: "") }
    #expect(root == [])
  }

  @Test func session() {
    #expect(bad { $0.process = Machine.process(noNewPrivs: 1) }.map(\.check) == ["no_new_privs"])
    #expect(bad { $0.userMap = "         0       1000          1\n" }.map(\.check) == ["user-namespace"])
    let container = bad { $0.process = Machine.process(bounding: "00000000a80425fb") }
    #expect(container.map(\.what) == ["this session can never have cap_net_admin"])
  }

  @Test func folders() {
    #expect(bad { $0.pinFolder = nil }.map(\.check) == ["pins"])
    #expect(bad { $0.pinFolder?.mode = 0o777 }.map(\.check) == ["pins"])
    #expect(bad { $0.profileFolder?.owner = 1000 }.map(\.check) == ["profiles"])
    #expect(bad { $0.profileFolder?.mode = 0o700 }.map(\.check) == ["profiles"])
    let open = bad { $0.profiles[0].status?.mode = 0o644 }
    #expect(open.map(\.fix) == ["sudo chown root:root /etc/vpnrun/home.conf && sudo chmod 0600 /etc/vpnrun/home.conf"])
    #expect(bad { $0.profiles[0].status?.kind = .other }.map(\.what) == ["/etc/vpnrun/home.conf is not a plain file"])
  }

  @Test func versions() {
    #expect(bad { $0.versions = ["vpnrun 0.0.9"] }.map(\.severity) == [.problem])
    #expect(bad { $0.hasCompletions = false }.map(\.severity) == [.note])
  }
}
