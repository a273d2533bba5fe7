internal import LinuxSystem
internal import NetworkModel

extension Command {
  /// What every command gets beside the caller's variables.
  static func variables(in name: VPNName) -> [(name: [UInt8], value: [UInt8])] {
    var variables: [(name: [UInt8], value: [UInt8])] = [
      (Array("VPNRUN".utf8), Array(name.description.utf8)),
      (Array("MOZ_DBUS_APP_NAME".utf8), mozillaName(name)),
    ]
    // IBus listens on an abstract socket, which belongs to the host's network. The portal is found on the session's bus.
    let usesIBus = ["GTK_IM_MODULE", "QT_IM_MODULE", "XMODIFIERS"].contains { (variable: StaticString) in
      let value = Arguments.variable(variable) ?? []
      return value.equals("ibus") || value.equals("@im=ibus")
    }
    if usesIBus { variables.append((Array("IBUS_USE_PORTAL".utf8), Array("1".utf8))) }
    return variables
  }

  /// By that name Firefox and its kin look for one another on the session's bus: those of a VPN find only those of the same VPN, however they
  /// are started. Of letters, digits and `_`, and no two VPNs have the same.
  static func mozillaName(_ name: VPNName) -> [UInt8] {
    name.description.utf8.reduce(Array("vpn_".utf8)) { text, c in
      text + (c == 0x2d || c == 0x5f ? Array(c == 0x2d ? "_2d".utf8 : "_5f".utf8) : [c])
    }
  }
}
