internal import LinuxSystem
internal import NetworkModel

/// The SSH session in which this was typed, if it was.
enum SSHSession {
  /// `SSH_CONNECTION` is "CLIENT PORT SERVER PORT" (ssh(1)); an address of the link has a zone: `fe80::1%eth0`.
  static var client: IPAddress? {
    guard let text = Environment.variable("SSH_CONNECTION") else { return nil }
    return IPAddress(String(text.prefix { $0 != " " && $0 != "%" }))
  }
}
