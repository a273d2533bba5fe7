internal import Profile

/// zbarimg(1), which reads QR codes. It takes pictures apart that strangers have made, by libraries which had many a hole, so that root
/// does not run it as itself: as `nobody`, without a network, without writing a file, for some seconds, and for one format each.
struct QRReader {
  var program = "zbarimg"
  /// Tests that are not about this need not be root.
  var isConfined = true

  /// `nobody` and `nogroup`, the kernel's overflowuid and overflowgid.
  private static let nobody: UInt32 = 65534
  private static let confinement = [
    "timeout", "--signal=KILL", "20", "unshare", "--net", "--ipc", "setpriv", "--reuid=\(nobody)", "--regid=\(nobody)", "--clear-groups",
    "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "prlimit", "--as=1000000000", "--fsize=0", "--core=0", "--nofile=64",
  ]
  private static let notInstalled = Failure(
    "zbarimg reads QR codes, and is not installed: run `sudo apt install zbar-tools`, or import the text it stands for")

  static func nothing(in shown: String) -> Failure {
    Failure("there is no QR code in \(shown), or it cannot be made out: cut the picture to it, or import a larger one")
  }
  static func nothingOfWireGuard(in shown: String) -> Failure { Failure("the QR code in \(shown) is not that of a WireGuard file") }

  /// - Parameter scratch: a folder that is not on a disk, for the picture is as secret as what it says.
  /// - Returns: what the first QR code in it says.
  func text(in picture: [UInt8], kind: ImportFormat.Picture, shown: String, scratch: String) throws(Failure) -> [UInt8] {
    let folder = try Failure.saying("cannot make a folder in \(scratch)") { () throws(SystemError) in
      try File.makeTemporaryFolder("\(scratch)/vpnrun-import.")
    }
    defer { File.removeFolder(folder) }
    try Failure.saying("cannot write a copy to \(folder)") { () throws(SystemError) in try write(picture, to: folder) }
    let words =
      (isConfined ? Self.confinement : []) + [
        // By D-Bus it would tell the whole system what it has read.
        program, "--nodbus", "--raw", "--quiet", "--oneshot", "-Sdisable", "-Sqrcode.enable", "-Stest-inverted",
        // Of the picture's own accord it could be any of a hundred formats.
        "\(kind.rawValue):\(folder)/picture",
      ]
    let environment = ["LC_ALL=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    let ended: Child.Ended
    do throws(SystemError) {
      ended = try Child(
        words[0], Array(words.dropFirst()), output: .capturedWithoutErrors, environment: environment, input: [], limit: Profile.maximumSize
      ).run()
    } catch {
      throw error == .notFound ? Self.notInstalled : Failure("cannot run \(words[0]): \(error)")
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

  /// Where only the reader's group finds it.
  private func write(_ picture: [UInt8], to path: String) throws(SystemError) {
    let folder = try File(reading: path)
    let file = try File(creating: "picture", in: folder, mode: 0o600)
    try file.write(picture)
    guard isConfined else { return }
    try file.share(with: Self.nobody, mode: 0o640)
    try folder.share(with: Self.nobody, mode: 0o710)
  }
}
