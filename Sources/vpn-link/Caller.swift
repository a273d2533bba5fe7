internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// Who has called this program, and what they may do: what the profile says now, whatever the box was made with. Root may do anything.
enum Caller {
  /// Refuses those who may not use the VPN: link, unlink, refresh and reload it, take it up and down.
  /// - Parameter profile: `nil` if it cannot be read.
  static func mustBeAllowed(_ name: VPNName, _ profile: Profile?) throws(Failure) {
    if let refusal = try refusal(name, profile) { throw refused(name, refusal) }
  }

  /// - Returns: why the caller may not use it, if so.
  static func refusal(_ name: VPNName, _ profile: Profile?) throws(Failure) -> String? {
    if Process.isRoot { return nil }
    guard let profile else { return "the profile of \(name) cannot be read, so only root may do this" }
    return try isAllowed(name, profile) ? nil : Permission.refusal(of: name)
  }

  /// For `vpn log`, too.
  private static func refused(_ name: VPNName, _ sentence: String) -> Failure {
    log(LoggedAction.refused.line(of: name, by: Process.userID), as: "vpn-link")
    return Failure(sentence)
  }

  /// The same, and those who may not take the system up and down with it.
  static func mustBeAllowedSystemWide(_ name: VPNName, _ profile: Profile?) throws(Failure) {
    try mustBeAllowed(name, profile)
    guard !Process.isRoot, let profile, profile.systemWide != .group else { return }
    throw refused(name, "only root may take \(name) up or down: its profile has `SystemWide = \(profile.systemWide.name)`")
  }

  /// For choosing among VPNs, and telling of them. One whose profile names an account that there is not is for no user, as `vpn link` says;
  /// what goes wrong otherwise is not the profile's fault.
  static func mayUse(_ profile: Profile) throws(Failure) -> Bool {
    if Process.isRoot || !profile.isRestricted { return true }
    let (passwd, group) = try accounts()
    let groups = try attempting("read the caller's groups") { () throws(SystemError) in try Process.groups() }
    do throws(PermissionError) {
      return try profile.permission(passwd: passwd, group: group).allows(user: Process.userID, groups: groups)
    } catch { return false }
  }

  static func isAllowed(_ name: VPNName, _ profile: Profile) throws(Failure) -> Bool {
    if Process.isRoot || !profile.isRestricted { return true }
    let groups = try attempting("read the caller's groups") { () throws(SystemError) in try Process.groups() }
    return try permission(name, profile).allows(user: Process.userID, groups: groups)
  }

  /// Names are those of /etc/passwd and /etc/group, which everybody may read: no capability is raised for them.
  static func permission(_ name: VPNName, _ profile: Profile) throws(Failure) -> Permission {
    guard profile.isRestricted else { return .everybody }
    let (passwd, group) = try accounts()
    do throws(PermissionError) { return try profile.permission(passwd: passwd, group: group) } catch {
      throw Failure("\(Names.profile(name)): \(error.sentence)")
    }
  }

  /// Who may bind to the VPN's address or link on the host, which needs no program of ours: those who may use it, one by one, for a packet
  /// tells of its sender's user and first group only. Without AllowUsers and AllowGroups these are the members of the group that this
  /// program belongs to.
  /// - Parameter profile: `nil` if it cannot be read: then only root may, as where it names an account that there is not.
  static func permissionOnHost(_ profile: Profile?) throws(Failure) -> Permission {
    let onlyRoot = Permission.only(users: [], groups: [])
    guard let profile else { return onlyRoot }
    let (passwd, group) = try accounts()
    var permission: Permission
    do throws(PermissionError) { permission = try profile.permission(passwd: passwd, group: group) } catch { return onlyRoot }
    if permission == .everybody {
      permission = .only(
        users: [], groups: [try attempting("look at this program") { () throws(SystemError) in try Process.programsGroup() }])
    }
    guard case .only(let users, let groups) = permission, !groups.isEmpty else { return permission }
    let members = Permission.members(of: groups, passwd: passwd, group: group)
    return .only(users: users + members.filter { !users.contains($0) }, groups: groups)
  }

  private static func accounts() throws(Failure) -> (passwd: [UInt8], group: [UInt8]) {
    (try accounts("/etc/passwd"), try accounts("/etc/group"))
  }

  private static func accounts(_ path: String) throws(Failure) -> [UInt8] {
    let file = try attempting("read \(path)") { () throws(SystemError) in
      try FileDescriptor.openStrictly(path, FileDescriptor.readOnlyWithoutWaiting)
    }
    let status = try attempting("read \(path)") { () throws(SystemError) in try file.status() }
    guard status.isRegular, status.owner == 0, !status.isWritableByOthers else {
      throw Failure("\(path) must be a plain file, root's and writable by root only")
    }
    return try attempting("read \(path)") { () throws(SystemError) in try file.readAll(limit: 1 << 24) }
  }
}
