internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

/// wireguard-go, for kernels without WireGuard. Only root may start it. Its device is made in the host's namespace, so that its
/// socket is there too, and `vpn-link` moves the device into the box.
struct UserspaceWireGuard {
  var program = "wireguard-go"
  var sockets = "/run/wireguard"

  func device(of name: VPNName) -> String { Names.userspace(name).description }

  /// Returns when the device is there and its socket answers: wireguard-go goes to the background after that.
  func start(for name: VPNName) throws(Failure) {
    // One whose device has just gone has the socket until it notices, up to a second.
    let isTaken = Files.exists("\(sockets)/\(device(of: name)).sock")
    var ended = try run(name)
    for _ in 0..<20 where isTaken && ended.how != .exit(0) {
      Process.sleep(milliseconds: 100)
      ended = try run(name)
    }
    guard ended.how == .exit(0) else {
      let said = String(decoding: ended.output, as: UTF8.self).split(separator: "\n").last.map { ": " + printable(String($0)) } ?? ""
      throw Failure("\(program) cannot make \(device(of: name))\(said)")
    }
  }

  private func run(_ name: VPNName) throws(Failure) -> Child.Ended {
    do throws(SystemError) { return try Child(program, [device(of: name)], output: .capturedFromDaemon).run() } catch {
      guard !error.isMissingFile else {
        throw Failure("the kernel has no WireGuard, and wireguard-go is not installed: run `sudo apt install wireguard-go`")
      }
      throw Failure("cannot run \(program): \(error.reason)")
    }
  }

  /// wireguard-go ends when its socket is deleted, and its device with it.
  func stop(for name: VPNName) { try? Files.remove("\(sockets)/\(device(of: name)).sock") }
}
