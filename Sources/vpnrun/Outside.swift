internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import Privilege

extension Programs {
  /// Becomes a command outside all VPNs, by vpn-link; returns only why not.
  func startOutside(_ words: [[UInt8]], _ request: RunRequest) throws(Failure) -> Failure {
    if let folder = request.folder {
      try attempting("go to \(String(printable: folder))") { () throws(SystemError) in try Process.changeFolder(to: folder) }
    }
    var variables: [(name: [UInt8], value: [UInt8])] = []
    let given: [[UInt8]]
    if let index = request.commandIndex {
      let command = try Command(Array(words[index...]), request.separation, in: nil)
      try request.guarding.checkOutside(command, isQuiet: request.isQuiet)
      (given, variables) = (command.words, command.variables)
    } else {
      given = [shell(of: nil)]
      variables.append((Array("debian_chroot".utf8), Array("outside".utf8)))
    }
    let pid = Process.id
    try attempting("watch over a command outside") { () throws(SystemError) in
      try Companion.start(keeping: []) { other in
        Companion.leave(2...2)
        // What vpn-link makes for this process, it takes away when all are gone that were started in it.
        Companion.wait(for: other)
        do throws(SystemError) {
          try ControlGroup.own().inner(ControlGroup.name(pid)).waitUntilEmpty()
          var end = HelperRequest(.directEnd)
          end.pid = pid
          _ = try? output(of: "vpn-link", end.wordsWithoutAddresses)
        } catch {}
        Companion.end()
      }
    }
    let memory = try environment(setting: variables, isForAnother: false)
    var direct = DirectRequest(environment: memory.raw, command: given)
    direct.isVerbose = request.isVerbose
    return become("vpn-link", HelperRequest(direct).words, environment: .empty)
  }
}
