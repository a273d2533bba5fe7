internal import Diagnosis
internal import LinuxSystem

extension Lodger {
  /// vpn-launch and vpn-link pass through a box: who is there twice, with some time between, lives there.
  static func gather(_ pins: [HostFacts.Pin], _ installation: Installation) -> [Lodger] {
    let first = found(pins, installation)
    guard !first.isEmpty else { return [] }
    Clock.sleep(milliseconds: 200)
    return found(pins, installation).filter { first.contains($0) }
  }

  private static func found(_ pins: [HostFacts.Pin], _ installation: Installation) -> [Lodger] {
    let networks = installation.processes.byNetwork()
    return pins.filter(\.isBox).flatMap { pin -> [Lodger] in
      guard let inode = FileStatus.of("\(installation.pins.path)/vpn-\(pin.name)")?.inode else { return [] }
      return (networks["net:[\(inode)]"] ?? []).compactMap { pid in
        installation.processes.entry(pid).map { Lodger(vpn: pin.name, pid: pid, command: $0.command) }
      }
    }
  }
}
