internal import HelperWire
internal import LinuxSystem
internal import NetworkPlan
internal import Privilege

/// A socket that a strict command may reach, or a file with a key to one.
struct Opening {
  /// Where it is, and will be.
  var path: [ArraySlice<UInt8>]
  /// Open as a place.
  var descriptor: Int32

  /// Where programs have their sockets, and where they and their queues and control groups can be changed: a strict command gets empty ones.
  /// Only in some of them any user can make files.
  static var hidden: [(folder: String, isForAll: Bool)] {
    [("/run", false), ("/tmp", true), ("/dev/shm", true), ("/dev/mqueue", false), ("/sys/fs/cgroup", false)]
  }

  /// - Returns: `nil` if it is not hidden.
  init?(_ path: [UInt8]) throws(SystemError) {
    self.path = path.split(separator: 0x2f)
    let isPlain = path.first == 0x2f && !self.path.contains { $0.equals(".") || $0.equals("..") }
    guard isPlain, Self.hidden.contains(where: { path.starts(with: ($0.folder + "/").utf8) }) else { return nil }
    let file = try FileDescriptor.openPlace(String(decoding: path, as: UTF8.self))
    // What is bound must show no more than itself: below a folder could be what another mount covers.
    guard try file.status().kind != .folder else { return nil }
    descriptor = try file.duplicate()
  }
}

/// The caller's paths are opened with no capability, and before anything is hidden. In a mount namespace of the command's own, for what is open
/// from another one cannot be bound.
func openAllowed(_ request: LaunchRequest, _ facts: BoxFacts) throws(Failure) -> [Opening] {
  try attempting("make a mount namespace") { () throws(SystemError) in
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try Mounts.unshare() }
  }
  var openings: [Opening] = []
  var paths = request.allowed
  // A VPN without DNS leaves the host's file, which is often in /run.
  if facts.resolvers.resolvConf == nil, let place = try? FileDescriptor.openPlace("/etc/resolv.conf"),
    let path = Files.linkTarget("/proc/self/fd/\(place.raw)")
  {
    paths.append(Array(path.utf8))
  }
  for path in paths {
    let opening = try attempting("allow \(String(printable: path))") { () throws(SystemError) in try Opening(path) }
    if let opening { openings.append(opening) }
  }
  return openings
}

/// Sockets of the session, of the system's services and of the caller's other programs: what is in these folders is gone for the command.
/// Links in /run stay, some systems have their programs behind them. Needs CAP_SYS_ADMIN.
func hideSession(_ source: String, but openings: [Opening], from user: UInt32?) throws(SystemError) {
  let links = try Files.names(in: "/run").compactMap { name -> (String, String)? in
    let link = "/run/" + String(decoding: name, as: UTF8.self)
    return Files.linkTarget(link).map { (link, $0) }
  }
  let hasResolved = Files.isDirectory("/run/systemd/resolve")
  for (folder, isForAll) in Opening.hidden {
    do throws(SystemError) {
      try Mounts.tmpfs(on: folder, source: source, options: isForAll ? "mode=1777" : "mode=0755", isExecutable: isForAll)
    } catch {
      // Where there is none, nothing has to be hidden.
      if !error.isMissingFile { throw error }
    }
  }
  // For the resolver's files.
  if hasResolved { try makeFolders("run/systemd/resolve".utf8.split(separator: 0x2f), mode: 0o755) }
  if let user {
    try makeFolders("run/user".utf8.split(separator: 0x2f), mode: 0o755)
    try Files.makeDirectory("/run/user/\(user)", mode: 0o700)
  }
  for opening in openings {
    let place = try makeFolders(opening.path.dropLast().map { $0 }, mode: 0o700) + "/" + String(decoding: opening.path.last!, as: UTF8.self)
    // Always a new one.
    try Files.create(place, mode: 0o600, [])
    try Mounts.bind("/proc/self/fd/\(opening.descriptor)", on: place)
  }
  for (link, target) in links where !Files.exists(link) { try Files.makeLink(link, to: target) }
}

/// Those that are missing.
@discardableResult
private func makeFolders(_ parts: [some Collection<UInt8>], mode: UInt32) throws(SystemError) -> String {
  var path = ""
  for part in parts {
    path += "/" + String(decoding: part, as: UTF8.self)
    if !Files.isDirectory(path) { try Files.makeDirectory(path, mode: mode) }
  }
  return path
}

/// Nothing that is open leads out: descriptors, and the folder where the caller stands.
func closeDoors(_ errors: Int32) throws(Failure) {
  try attempting("close what is open") { () throws(SystemError) in try InheritedDescriptors.closeOthers(but: errors) }
  if let fd = InheritedDescriptors.disarm() {
    throw Failure("descriptor \(fd) is a UNIX socket or a folder, which leads out of --strict: redirect it, to a pipe for example")
  }
  do throws(SystemError) { try Process.enterFolderAnew() } catch {
    throw Failure("the folder where you are is not there with --strict (\(error)): type --cwd=/")
  }
}

func part() throws(Failure) -> ProcessRole {
  try attempting("make a PID namespace") { () throws(SystemError) in try ProcessRole.part() }
}
