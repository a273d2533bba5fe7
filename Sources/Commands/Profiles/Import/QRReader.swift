internal import ForeignProfiles
internal import LinuxSystem
internal import Profile

/// zbarimg(1), which reads QR codes. It takes pictures apart that strangers have made, by libraries which had many a hole, so that root
/// does not run it as itself: as a user of its own, without a network, a terminal, other processes and the sockets in /run,
/// without writing a file, for some seconds, and for one format each. The copy of the picture, as secret as what it says, is in a /run of
/// its own that ends with it.
struct QRReader {
  var program = "zbarimg"
  /// Tests that are not about this need not be root.
  var isConfined = true
  var processes = ProcessTable()

  /// timeout(1) is the first process of its namespace: with it whatever was started ends. The shell reads the picture from its standard
  /// input; what it makes in /run belongs to the reader's group.
  private static func confinement(_ user: UInt32) -> [String] {
    [
      "setsid", "--wait", "unshare", "--net", "--ipc", "--mount-proc", "--pid", "--fork", "--kill-child", "timeout", "--signal=KILL", "20",
      "sh", "-c",
      "umask 027 && mount -t tmpfs -o nosuid,nodev,noexec,mode=2710,gid=\(user) vpnrun-import /run && cat >\(picture) && exec \"$@\" </dev/null",
      "sh", "setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all",
      "prlimit", "--as=1000000000", "--fsize=0", "--core=0", "--nofile=64",
    ]
  }
  private static let picture = "/run/picture"
  private static let folders = "vpnrun-import."
  /// Of such a folder, in seconds, when no process can be using it any more.
  private static let oldAge = 60

  private static let notInstalled = Failure(
    "zbarimg reads QR codes, and is not installed: run `sudo apt install zbar-tools`, or import the text it stands for")

  static func nothing(in shown: String) -> Failure {
    Failure("there is no QR code in \(shown), or it cannot be made out: cut the picture to it, or import a larger one")
  }
  static func nothingOfWireGuard(in shown: String) -> Failure { Failure("the QR code in \(shown) is not that of a WireGuard file") }

  /// - Parameter scratch: a folder that is not on a disk, for the picture is as secret as what it says.
  /// - Returns: what the first QR code in it says.
  func text(in picture: [UInt8], kind: ImportFormat.Picture, shown: String, scratch: String) throws(Failure) -> [UInt8] {
    removeLeftovers(in: scratch)
    let file = try Failure.saying("cannot write a copy to \(scratch)") { () throws(SystemError) in try unnamed(picture, in: scratch) }
    var confinement: [String] = []
    if isConfined {
      guard let user = User.unused(besides: processes.numbers()) else {
        throw Failure("every user number from 61184 to 65519 is taken: zbarimg needs one")
      }
      confinement = Self.confinement(user)
    }
    let words =
      confinement + [
        // By D-Bus it would tell the whole system what it has read.
        program, "--nodbus", "--raw", "--quiet", "--oneshot", "-Sdisable", "-Sqrcode.enable", "-Stest-inverted",
        // Of the picture's own accord it could be any of a hundred formats.
        "\(kind.rawValue):\(Self.picture)",
      ]
    let environment = ["LC_ALL=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    let ended: Child.Ended
    do throws(SystemError) {
      var child = Child(
        words[0], Array(words.dropFirst()), output: .capturedWithoutErrors, environment: environment, limit: Profile.maximumSize)
      child.onlyDescriptor = file.raw
      ended = try child.run()
    } catch {
      throw error.isMissingFile ? Self.notInstalled : Failure("cannot run \(words[0]): \(error.reason)")
    }
    switch ended.how {
    // Of half a picture it says nothing, and has succeeded.
    case .exit(0) where !ended.output.isEmpty: break
    case .exit(0), .exit(4): throw Self.nothing(in: shown)
    case .exit(127): throw Self.notInstalled
    case .interrupted: throw .interrupted
    default: throw Failure("zbarimg cannot read \(shown): it is not a whole \(kind.rawValue) picture, or too large")
    }
    guard ended.output.contains(UInt8(ascii: "[")), ImportFormat(of: ended.output) == .wgQuick else {
      throw Self.nothingOfWireGuard(in: shown)
    }
    return ended.output
  }

  /// It has no name any more when the picture is written: a process that is killed leaves nothing of it.
  private func unnamed(_ picture: [UInt8], in scratch: String) throws(SystemError) -> FileDescriptor {
    let path = try Files.makeTemporaryFolder("\(scratch)/\(Self.folders)")
    defer { Files.removeFolder(path) }
    let folder = try FileDescriptor(reading: path)
    let file = try FileDescriptor(creating: "picture", in: folder, mode: 0o600)
    let copy = try FileDescriptor(reading: "\(path)/picture")
    try folder.remove("picture")
    try file.writeAll(picture)
    return copy
  }

  /// Of those that were killed.
  private func removeLeftovers(in scratch: String) {
    for name in (try? Files.list(scratch)) ?? [] where name.hasPrefix(Self.folders) {
      guard let status = FileStatus.of("\(scratch)/\(name)"), status.kind == .folder, status.owner == User.effective else { continue }
      if status.modified < Clock.now - Self.oldAge { Files.removeFolder("\(scratch)/\(name)") }
    }
  }
}
