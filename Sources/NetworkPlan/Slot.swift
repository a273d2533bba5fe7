public import NetworkModel

/// Hosts of a subnet: the first is the bridge's, the others commands', as many as a bridge has ports.
public enum Slot {
  /// BR_MAX_PORTS of linux/br_private.h, less the one number that no port has.
  public static let ports: UInt32 = 1023

  /// With the bridge's own. 0 where there is no room for a command.
  public static func count(in subnet: Prefix) -> UInt32 {
    let bits = UInt32(subnet.family.width - subnet.length)
    if bits < 2 { return 0 }
    return bits > 10 ? ports + 1 : (1 << bits) - 2
  }

  static func mac(_ slot: UInt32, near: Bool) -> MACAddress {
    MACAddress(near ? 0x06 : 0x02, 0x76, 0x70, 0, UInt8(slot >> 8 & 0xff), UInt8(slot & 0xff))
  }
}
