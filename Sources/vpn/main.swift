// vpn: takes the system behind a VPN and back at once. It has no privilege; vpn-link has, and is given the words as they were typed. What
// needs more than that (names to be resolved, systemd-resolved to be told, a mistake to be explained) and all other commands are
// vpn-manage's, which takes some milliseconds to start.

internal import LinuxSystem
internal import NetworkModel

do throws(Failure) {
  let programs = try Programs()
  let words = Arguments.words
  if let change = QuickChange(words), change.isSimple {
    let status = try programs.status(of: "vpn-link", words, environment: .empty)
    guard QuickChange.lacks(status) else { throw Failure("", status: status) }
  }
  throw programs.become("vpn-manage", words, environment: .own)
} catch {
  error.end(as: "vpn")
}
