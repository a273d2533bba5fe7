// vpnrun: starts a command whose network is a VPN. It has no privilege; vpn-launch has, and is given a name and a command.

internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Version

do throws(Failure) {
  let words = Arguments.words
  switch try Typed.read(words) {
  case .nothing: throw Failure(usage: Option.helpText)
  case .help: say(Option.helpText, to: 1)
  case .version: say("vpnrun \(version)\n", to: 1)
  case .again(let launch): throw try Programs(isVPNRuns: true).launchAgain(launch)
  case .run(let request) where request.isDirect: throw try Programs(isVPNRuns: true).startOutside(words, request)
  case .run(let request):
    let user = try request.commandUser()
    if let folder = request.folder {
      try attempting("go to \(String(printable: folder))") { () throws(SystemError) in try Process.changeFolder(to: folder) }
    }
    let programs = try Programs(isVPNRuns: true)
    let screen = try Screen.watching(request, programs)
    let inside = request.staysInside ? Instance.vpn(of: .own) : nil
    // What is there already is in the VPN, but not strict.
    let isInside = inside != nil && !request.isStrict
    let joined = try request.join.map { what throws(Failure) in try programs.running(what, in: request.name) }
    let name: VPNName
    if let given = inside ?? joined?.name ?? request.name { name = given } else { name = try programs.defaultVPN() }
    if !Files.exists(Names.pin(name)), !Files.exists(Names.profile(name)), let slip = Slip.sentence(Array(name.description.utf8)) {
      throw slip
    }
    let command = try request.commandIndex.map { index throws(Failure) in try Command(Array(words[index...]), request.separation, in: name)
    }
    if let command { try request.guarding.check(name, command, isQuiet: request.isQuiet) }
    // The networks of this machine may come as late as the tunnel.
    var beside = request.wait == nil ? try CommandRelay.start(request, name) : (nil, [])
    // Without a box there is none to enter: `vpn link` builds it, resolving the endpoint's name on the way.
    // (The pin's place alone, left by one that was killed while pinning, is none.)
    if inside == nil, (try? NetworkNamespace.pinned(at: Names.pin(name))) == nil { try programs.link(name) }
    if let seconds = request.wait {
      try programs.wait(name, seconds: seconds, isQuiet: request.isQuiet)
      beside = try CommandRelay.start(request, name)
    }
    let (relay, lan) = beside
    guard let screen else {
      throw try programs.start(name, command, request, user, isInside: isInside, relay: relay, lan: lan, joined: joined?.namespace)
    }
    let errors = try screen.handOver()
    do throws(Failure) {
      throw try programs.start(
        name, command, request, user, isInside: isInside, relay: relay, lan: lan, joined: joined?.namespace, errors: errors)
    } catch {
      error.end(as: "vpnrun", to: errors)
    }
  }
} catch {
  error.end(as: "vpnrun")
}
