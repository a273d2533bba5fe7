internal import HelperWire
internal import LinuxSystem
internal import NetworkPlan
internal import Privilege

/// Gives the command its own view of the files by which names are resolved. The paths are fixed and root's; nothing of the caller's is
/// opened.
func hideResolvers(_ request: LaunchRequest, _ facts: BoxFacts) throws(Failure) {
  let source = Names.namespace(request.name)
  let openings = request.isStrict ? try openAllowed(request, facts) : []
  try hideResolvers(resolv: facts.resolvers.resolvConf.map { Array($0.utf8) }, source) { () throws(SystemError) in
    guard request.isStrict else { return false }
    try hideSession(source, but: openings, from: request.user == nil ? Process.userID : nil)
    return true
  }
}

/// - Parameters:
///   - resolv: resolv.conf(5); `nil`: it stays as it is.
///   - source: of what is mounted; `Instance.vpn` tells by it in which VPN a process is.
///   - session: has made a mount namespace with a /run of its own.
func hideResolvers(resolv: [UInt8]?, _ source: String, session: () throws(SystemError) -> Bool) throws(Failure) {
  // Public files, read with no capability.
  let nsswitch = try attempting("read /etc/nsswitch.conf") { () throws(SystemError) in
    try Files.content(of: "/etc/nsswitch.conf", limit: 65536).flatMap { nsswitchWithoutForeignResolvers($0) }
  }
  try attempting("hide the host's resolvers") { () throws(SystemError) in
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in
      if try !session() {
        try Mounts.unshare()
        if Files.exists("/run/nscd") || Files.exists("/etc/nscd.conf") { try replaceRun(source) }
      }

      // Over a folder of our own, where it stays: to unmount it is a tenth of a launch, in which the kernel waits for all its readers. Where
      // that folder is missing, for a moment over one that exists and that no other program looks into; what is bound from it stays, with
      // the VPN's name as its source.
      let isOurs = Files.isDirectory(Names.view)
      let own = isOurs ? Names.view : Names.profiles
      try Mounts.tmpfs(on: own, source: source, options: "mode=0755,size=256k,nr_inodes=32")
      try Files.makeDirectory(own + "/empty", mode: 0o755)
      try Files.makeDirectory(own + "/resolve", mode: 0o755)
      if let resolv {
        for file in ["/resolv.conf", "/resolve/resolv.conf", "/resolve/stub-resolv.conf"] {
          try Files.create(own + file, mode: 0o444, resolv)
        }
      }
      if let nsswitch { try Files.create(own + "/nsswitch.conf", mode: 0o444, nsswitch) }
      try Mounts.makeReadOnly(own)

      // systemd-resolved's own folder first: /etc/resolv.conf is often a link into it.
      if Files.isDirectory("/run/systemd/resolve") { try Mounts.bind(own + "/resolve", on: "/run/systemd/resolve") }
      if resolv != nil { try coverResolvConf(own + "/resolv.conf") }
      if nsswitch != nil { try Mounts.bind(own + "/nsswitch.conf", on: "/etc/nsswitch.conf") }
      if Files.isDirectory("/run/avahi-daemon") { try Mounts.bind(own + "/empty", on: "/run/avahi-daemon") }
      if !isOurs { try Mounts.detach(own) }
    }
  }
}

/// Also where it is a link to nothing, to itself, or into a folder that the caller may not enter: what is mounted on a link itself is what
/// opening it finds. No link is followed for that, and nothing is made on the host. Where there is no file at all, nothing can be covered
/// (glibc then asks 127.0.0.1, and the box takes that query like any other); nor can a folder be.
private func coverResolvConf(_ own: String) throws(SystemError) {
  let path = "/etc/resolv.conf"
  if Files.exists(path) {
    if !Files.isDirectory(path) { try Mounts.bind(own, on: path) }
  } else if Files.linkTarget(path) != nil {
    let link = try FileDescriptor.openLink(path)
    try Mounts.bind(own, on: "/proc/self/fd/\(link.raw)")
  }
}

/// A /run of the command's own with everything in it but nscd's folder. glibc asks nscd before anything else, by a path that cannot be
/// covered in place: a mount over the folder vanishes, in all namespaces, when the restarting service removes it and makes a new one. What
/// comes into the host's /run later is not seen; what is mounted below a folder in it is. Only where nscd is installed, for it costs
/// a mount for each of the folder's entries.
private func replaceRun(_ source: String) throws(SystemError) {
  let new = Names.profiles
  try Mounts.tmpfs(on: new, source: source, options: "mode=0755,size=256k")
  for name in try Files.names(in: "/run") where !name.equals(".") && !name.equals("..") && !name.equals("nscd") {
    let entry = String(decoding: name, as: UTF8.self)
    do throws(SystemError) { try show("/run/" + entry, at: new + "/" + entry) } catch {
      // It went away in this moment.
      if !error.isMissingFile { throw error }
    }
  }
  // Read-only: programs of root's that are started in it must find nothing of the caller's.
  try Mounts.makeReadOnly(new)
  try Mounts.bindTree(new, on: "/run")
  try Mounts.detach(new)
}

private func show(_ old: String, at own: String) throws(SystemError) {
  if let target = Files.linkTarget(old) {
    try Files.makeLink(own, to: target)
  } else if Files.isDirectory(old) {
    try Files.makeDirectory(own, mode: 0o755)
    try Mounts.bindTree(old, on: own)
  } else {
    try Files.create(own, mode: 0o444, [])
    try Mounts.bind(old, on: own)
  }
}
