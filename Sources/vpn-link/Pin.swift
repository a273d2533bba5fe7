internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// A box's name in the file system, which keeps it. The folder is root's; what is mounted there is the kernel's, no matter who owns the file
/// below.
enum Pin {
  static func add(_ box: borrowing Box) throws(Failure) {
    let path = Names.pin(box.name)
    guard Files.isDirectory(Names.pins) else {
      throw Failure("there is no folder \(Names.pins): `sudo mkdir -m 755 \(Names.pins)` makes it")
    }
    let folder = try attempting("pin the box") { () throws(SystemError) in try PinMount(Names.pins) }
    let status = try attempting("look at \(Names.pins)") { () throws(SystemError) in try folder.status() }
    guard status.owner == 0, !status.isWritableByOthers else {
      throw Failure("\(Names.pins) must be root's and writable by root only, for boxes are pinned there")
    }
    try attempting("pin the box") { () throws(SystemError) in
      try folder.cover()
      try Capabilities.raise(.dacOverride, .sysAdmin) { () throws(SystemError) in
        // Left by a process that was killed in this very place; or it stays, see `remove`.
        try? Files.remove(path)
        // It is the caller's, for only CAP_CHOWN could give it to root.
        do throws(SystemError) { try Files.makePlace(path) } catch {
          guard error.isExisting, !Files.isDirectory(path), Files.linkTarget(path) == nil else { throw error }
        }
        try Mounts.bind("/proc/self/fd/\(box.sockets.namespace.descriptor.raw)", on: path)
      }
    }
  }

  /// - Parameter isOurs: it has been seen to be a box. Otherwise a plain file at most is removed.
  static func remove(_ name: VPNName, isOurs: Bool) throws(Failure) {
    let path = Names.pin(name)
    try attempting("unpin the box") { () throws(SystemError) in
      // Without it pins go all the same.
      let folder = try? PinMount(Names.pins)
      if Files.exists(path) {
        try Capabilities.raise(.sysAdmin, .dacOverride) { () throws(SystemError) in
          if isOurs { try Mounts.detach(path) }
          // A pin of before there was `PinMount.cover` may be there twice, by ip-netns(8). The one below cannot be reached, and keeps its
          // file.
          do throws(SystemError) { try Files.remove(path) } catch { guard error.isBusy else { throw error } }
        }
      }
      if let folder { try? folder.uncover() }
    }
  }
}
