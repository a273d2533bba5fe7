/// What the installed files and the calling process say: text of files, of getcap(8) and of getent(1).
public struct InstallationFacts: Equatable, Sendable {
  /// What stands at a path, links not followed.
  public struct Place: Equatable, Sendable {
    public enum Kind: Sendable { case file, folder, other }

    public var kind: Kind
    /// Permission bits, setuid and setgid among them: 0o710.
    public var mode: UInt32
    public var owner: UInt32
    public var group: UInt32

    public init(
      kind: Kind, mode: UInt32, owner: UInt32, group: UInt32
    ) {
      self.kind = kind
      self.mode = mode
      self.owner = owner
      self.group = group
    }

    public var isRootsAlone: Bool { owner == 0 && mode & 0o022 == 0 }
  }
  public struct Program: Equatable, Sendable {
    public var path: String
    public var status: Place?
    /// Without `cap_`'s order: what `make install` gives it.
    public var wanted: Set<String>
    /// What `getcap` prints; `nil`: there is no getcap.
    public var capabilities: String?

    public init(
      path: String, status: Place? = nil, wanted: Set<String>, capabilities: String? = nil
    ) {
      self.path = path
      self.status = status
      self.wanted = wanted
      self.capabilities = capabilities
    }
  }
  public struct Profile: Equatable, Sendable {
    public var path: String
    public var status: Place?

    public init(
      path: String, status: Place? = nil
    ) {
      self.path = path
      self.status = status
    }
  }

  public var programs: [Program]
  /// /proc/self/mountinfo
  public var mounts: String
  /// /proc/self/status
  public var process: String
  /// /proc/self/uid_map
  public var userMap: String
  public var user: String
  /// Of the programs' group: its name, and its entry as `getent group` prints it.
  public var group: String?
  public var groupEntry: String?
  /// /etc/vpnrun
  public var profilePath: String
  public var profileFolder: Place?
  public var profiles: [Profile]
  /// /run/netns
  public var pinFolder: Place?
  /// Of each program, what `--version` prints.
  public var versions: [String]
  /// Of this program.
  public var version: String
  public var hasCompletions: Bool

  public init(
    programs: [Program], mounts: String, process: String, userMap: String, user: String, group: String? = nil, groupEntry: String? = nil,
    profilePath: String, profileFolder: Place? = nil, profiles: [Profile], pinFolder: Place? = nil, versions: [String], version: String,
    hasCompletions: Bool
  ) {
    self.programs = programs
    self.mounts = mounts
    self.process = process
    self.userMap = userMap
    self.user = user
    self.group = group
    self.groupEntry = groupEntry
    self.profilePath = profilePath
    self.profileFolder = profileFolder
    self.profiles = profiles
    self.pinFolder = pinFolder
    self.versions = versions
    self.version = version
    self.hasCompletions = hasCompletions
  }
}

extension InstallationFacts {
  public var findings: [Finding] {
    var found = Findings(.installation)
    for program in programs { judge(program, &found) }
    judgeCaller(&found)
    judgeFolders(&found)
    if let other = versions.first(where: { $0.split(separator: " ").last.map { $0 != version } ?? true }) {
      found.problem(
        "versions", "programs of two versions: '\(other)', and this one \(version)", why: "one of them may not understand the other",
        fix: installAgain)
    } else {
      found.ok("versions", "all programs are of version \(version)")
    }
    if hasCompletions {
      found.ok("completions", "completions are installed")
    } else {
      found.note("completions", "no completions for the shell are installed", fix: installAgain)
    }
    return found.all
  }

  private func judge(_ program: Program, _ found: inout Findings) {
    let name = program.path.split(separator: "/").last.map(String.init) ?? program.path
    guard let status = program.status, status.kind == .file else {
      found.problem("program", "\(program.path) is missing", why: "nothing works without it", fix: installAgain)
      return
    }
    let group = group.flatMap { $0 == "root" ? nil : $0 } ?? "vpn"
    let list = program.wanted.sorted().joined(separator: ",")
    // Whoever changes owner or group takes the capabilities away (chown(2)).
    let setCapabilities = "sudo setcap \(list)=p \(program.path)"
    if status.owner != 0 || status.group == 0 {
      found.problem(
        "owner", "\(program.path) is not root's and the group \(group)'s",
        why: "its owner could put something else there; others cannot run it",
        fix: "sudo chown root:\(group) \(program.path) && \(setCapabilities)")
    } else if status.mode & 0o6000 != 0 {
      found.problem(
        "mode", "\(program.path) is setuid or setgid", why: "it would run with more rights than it is written for",
        fix: "sudo chmod 0710 \(program.path)")
    } else if status.mode != 0o710 {
      found.problem(
        "mode", "\(program.path) has mode \(octal(status.mode)), not 0710",
        why: status.mode & 0o007 != 0 ? "users outside the group can run it" : "the group's members cannot run it, or can change it",
        fix: "sudo chmod 0710 \(program.path)")
    } else {
      found.ok("mode", "\(name) belongs to root, and only the group \(group) may run it")
    }
    judgeCapabilities(of: program, name, setCapabilities, &found)
    if let mount = Mount.of(program.path, in: mounts), mount.options.contains("nosuid") {
      found.problem(
        "nosuid", "\(mount.point), where \(name) lies, is mounted nosuid", why: "capabilities of files count for nothing there",
        fix: "sudo mount -o remount,suid \(shellWord(mount.point))")
    }
  }

  private func judgeCapabilities(of program: Program, _ name: String, _ fix: String, _ found: inout Findings) {
    guard let text = program.capabilities else {
      found.note(
        "capabilities", "whether \(name) has its capabilities is not known: there is no getcap", fix: "sudo apt install libcap2-bin")
      return
    }
    let (has, flags) = Self.capabilities(text, of: program.path)
    guard has != program.wanted || flags != "p" else {
      found.ok("capabilities", "\(name) has its capabilities")
      return
    }
    let now = has.isEmpty ? "no capability" : "\(has.sorted().joined(separator: ","))=\(flags)"
    found.problem(
      "capabilities", "\(name) has \(now), not \(program.wanted.sorted().joined(separator: ","))=p",
      why: "without them only root could use VPNs, and more than these are not needed", fix: fix)
  }

  /// `PATH cap_a,cap_b=p`; `PATH = cap_a,cap_b+p` of older versions.
  public static func capabilities(_ text: String, of path: String) -> (names: Set<String>, flags: String) {
    guard text.hasPrefix(path) else { return ([], "") }
    let words = text.dropFirst(path.count).split { $0 == " " || $0 == "\n" }
    guard let last = words.last, let sign = last.lastIndex(where: { $0 == "=" || $0 == "+" }) else { return ([], "") }
    return (Set(last[..<sign].split(separator: ",").map(String.init)), String(last[last.index(after: sign)...]))
  }

  private func judgeCaller(_ found: inout Findings) {
    let process = ProcessStatus(process)
    if process.fields["NoNewPrivs"] == ["1"] {
      found.problem(
        "no_new_privs", "this session has set no_new_privs",
        why: "programs do not get their capabilities then: use VPNs outside the sandbox or service that sets it", fix: nil)
    }
    if userMap.split(whereSeparator: \.isWhitespace) != ["0", "0", "4294967295"] {
      found.problem(
        "user-namespace", "this is a user namespace", why: "capabilities of files count for nothing here: use VPNs outside the container",
        fix: nil)
    }
    if let missing = process.missingFromBoundingSet {
      found.problem(
        "bounding-set", "this session can never have \(missing)",
        why: "vpn-link needs it, and the container or service has taken it away: use VPNs outside, or give it NET_ADMIN and SYS_ADMIN",
        fix: nil)
    }
    guard process.user != 0 else {
      found.ok("group", "root may use VPNs")
      return
    }
    guard let program = programs.first, let gid = program.status?.group, gid != 0 else { return }
    let name = group ?? "\(gid)"
    if process.groups.contains(gid) {
      found.ok("group", "\(user) is in the group \(name)")
    } else if let members = groupEntry?.split(separator: ":", omittingEmptySubsequences: false).last,
      members.split(whereSeparator: { $0 == "," || $0.isWhitespace }).contains(Substring(user))
    {
      found.problem(
        "group", "\(user) is in the group \(name), but not yet in this session",
        why: "a session keeps the groups that it began with: log out and in again, or for one shell do this", fix: "newgrp \(name)")
    } else {
      found.problem(
        "group", "\(user) is not in the group \(name)", why: "only its members and root may use VPNs: log in again after this",
        fix: "sudo adduser \(user) \(name)")
    }
  }

  private func judgeFolders(_ found: inout Findings) {
    let folder = profilePath
    if let status = profileFolder, status.kind == .folder, status.isRootsAlone, status.mode & 0o755 == 0o755 {
      found.ok("profiles", "\(folder) is root's")
    } else {
      found.problem(
        "profiles", "\(folder) is not a folder of root's that all may look into", why: "what stands in it decides where packets go",
        fix: "sudo install -d -m 755 -o root -g root \(folder)")
    }
    let open = profiles.filter { $0.status != nil && ($0.status?.kind != .file || $0.status?.owner != 0 || $0.status?.mode != 0o600) }
    for profile in open {
      let path = shellWord(profile.path)
      guard profile.status?.kind == .file else {
        found.problem(
          "profile-mode", "\(profile.path) is not a plain file", why: "vpn-link does not read it", fix: "sudo rm \(path)")
        continue
      }
      found.problem(
        "profile-mode", "\(profile.path) is not readable and writable by root alone", why: "it has the private key in it",
        fix: "sudo chown root:root \(path) && sudo chmod 0600 \(path)")
    }
    if open.isEmpty, !profiles.isEmpty { found.ok("profile-mode", "profiles are for root alone") }
    if let status = pinFolder, status.kind == .folder, status.isRootsAlone {
      found.ok("pins", "/run/netns is there, and root's")
    } else {
      found.problem(
        "pins", "/run/netns is missing, or not root's alone", why: "boxes are pinned there",
        fix: "sudo install -d -m 755 -o root -g root /run/netns")
    }
  }

  private func octal(_ mode: UInt32) -> String { "0" + String(mode, radix: 8) }
}
