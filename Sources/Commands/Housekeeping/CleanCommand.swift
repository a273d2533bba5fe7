internal import ArgumentParser
internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

struct CleanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean", abstract: "Unlink the VPNs that are not in use.",
    discussion: """
      Also removes what accidents have left. A VPN stays if it is up, if a command runs in it, if a program is bound to its address \
      or link, or if its profile has `Autostart`. It prints what was removed, what stays, and why.
      """
        + examples(
          "vpn clean --dry-run", "vpn clean"))

  @Flag(help: "Only say what would be removed.")
  var dryRun = false

  func run() throws { try CleanRequest(dryRun: dryRun).run() }
}

struct CleanRequest: CommandRequest {
  var dryRun = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    var answer = Answer()
    let reports = try installation.helper.show()
    let known = reports.compactMap { VPNName($0.name) }
    let names = Set(known + installation.pins.names() + installation.ownLinks()).sorted { $0.description < $1.description }
    for name in names {
      let vpn = reports.first { $0.name == name.description }?.vpn
      if let vpn, vpn.linked, vpn.autostart != .no {
        answer.text += "\(name) stays: its profile has `Autostart = \(vpn.autostart.rawValue)`\n"
        continue
      }
      // One that cannot be cleaned does not keep the others from it.
      do throws(Failure) { answer.text += try installation.helper.clean(name, dryRun: dryRun) } catch {
        guard error.status == .failure else { throw error }
        answer.failure = Failure(lines: (answer.failure?.lines ?? []) + error.lines)
      }
    }
    if answer == Answer() { answer.text = "there is nothing to remove\n" }
    return answer
  }
}

extension Installation {
  /// VPNs whose link is on this host, with a box or without: the alias says whose it is.
  fileprivate func ownLinks() -> [VPNName] {
    ((try? Files.list(links)) ?? []).compactMap { link in
      guard let alias = try? FileDescriptor(reading: "\(links)/\(link)/ifalias").readAll(limit: 4096), alias.starts(with: "vpnrun id=".utf8)
      else {
        return nil
      }
      return VPNName(link)
    }
  }
}
