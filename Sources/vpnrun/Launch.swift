internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

extension Programs {
  /// The VPN with the lowest ID of those that the caller may use.
  func defaultVPN() throws(Failure) -> VPNName {
    let (status, output) = try output(of: "vpn-link", HelperRequest(.defaultName).wordsWithoutAddresses)
    // Why not, it has said on standard error.
    guard status == 0 else { throw Failure("") }
    guard let name = VPNName(output.prefix { $0 != 0x0a }) else {
      throw Failure("there is no VPN yet: `sudo vpn import FILE` makes one")
    }
    return name
  }

  func link(_ name: VPNName) throws(Failure) {
    // What it says of success is for those who type it; why it failed it has said on standard error.
    let (status, _) = try output(of: "vpn-manage", HelperRequest(.link, name).wordsWithoutAddresses)
    guard status == 0 else { throw Failure("") }
  }

  /// Until the VPN has a session with its server.
  func wait(_ name: VPNName, seconds: UInt32, isQuiet: Bool) throws(Failure) {
    var request = HelperRequest(.wait, name)
    request.seconds = seconds
    request.isQuiet = isQuiet
    var ended = try status(of: "vpn-link", request.wordsWithoutAddresses, environment: .empty)
    if ended == HelperStatus.needsLink.rawValue {
      try link(name)
      ended = try status(of: "vpn-link", request.wordsWithoutAddresses, environment: .empty)
    }
    guard ended != HelperStatus.needsLink.rawValue else { throw Failure("\(name) has lost its tunnel again: `vpn refresh \(name)`") }
    guard ended == HelperStatus.done.rawValue else { throw Failure("") }
  }

  /// Becomes the command, by vpn-launch; returns only why not. The environment goes through memory, not through exec: a program with
  /// capabilities loses LD_LIBRARY_PATH, TMPDIR and others.
  /// - Parameters:
  ///   - command: `nil`: the user's shell.
  ///   - isInside: this process is in the VPN already.
  ///   - relay: where to tell who hands ports on to it, and it to the LAN.
  ///   - lan: where in the LAN it may go.
  ///   - joined: the network that it gets, if it is none of its own.
  ///   - errors: where vpn-launch says why not.
  func start(
    _ name: VPNName, _ command: Command?, _ request: RunRequest, _ user: UserAccount?, isInside: Bool, relay: Int32?, lan: [LANDestination],
    joined: Int32?,
    errors: Int32? = nil
  ) throws(Failure) -> Failure {
    var variables = (user?.variables ?? []) + Command.variables(in: name) + (command?.variables ?? [])
    // Shown by the prompt of a shell that has read Debian's files: who looks at it sees where it is.
    if command == nil, Arguments.variable("debian_chroot").map({ $0.isEmpty || $0.begins(with: "vpn:") }) ?? true {
      variables.append((Array("debian_chroot".utf8), Array("vpn:\(name)".utf8)))
    }
    let isForAnother = user.map { $0.uid != Process.userID } ?? false
    var launch = LaunchRequest(name, environment: -1, command: command?.words ?? [shell(of: user)])
    (launch.errors, launch.user) = (errors, user.map { Array($0.numbers.utf8) })
    (launch.isVerbose, launch.isQuiet, launch.isStrict) = (request.isVerbose, request.isQuiet, request.isStrict)
    (launch.inbound, launch.published, launch.relay) = (request.inbound, request.published, relay)
    launch.lan = lan
    (launch.forward, launch.forwardRun, launch.joined) = (request.forward, request.forwardRun, joined)
    if isInside, !launch.inbound.isEmpty || relay != nil || launch.forward != nil {
      throw Failure("--inbound, --publish, --lan and --forward are for a new command, and this one stays where it is: in \(name)")
    }
    for allowed in request.allowed { launch.allowed += try allowed.files().filter { !launch.allowed.contains($0) } }
    return try become(launch, setting: variables, isForAnother: isForAnother, isInside: isInside)
  }

  /// With a new tunnel. The environment is the command's already.
  func launchAgain(_ request: LaunchRequest) throws(Failure) -> Failure {
    var request = request
    // Not for those that are asked for a tunnel: it would seem to be there as long as they are.
    for given in [request.relay, request.joined] {
      guard let given else { continue }
      try attempting("keep a descriptor") { () throws(SystemError) in try FileDescriptor.closeOnExec(given) }
    }
    if let errors = request.errors {
      let screen = try Screen.watchedAlready(errors)
      try link(request.name)
      let errors = try screen.handOver()
      request.errors = errors
      do throws(Failure) { throw try become(request, setting: [], isForAnother: false, isInside: false) } catch {
        error.end(as: "vpnrun", to: errors)
      }
    } else {
      try link(request.name)
    }
    return try become(request, setting: [], isForAnother: false, isInside: false)
  }

  private func become(
    _ request: LaunchRequest, setting variables: [(name: [UInt8], value: [UInt8])], isForAnother: Bool, isInside: Bool
  ) throws(Failure) -> Failure {
    let memory = try environment(setting: variables, isForAnother: isForAnother)
    if isInside {
      let block = try attempting("read the environment") { () throws(SystemError) in
        try FileDescriptor.closeOnExec(memory.raw)
        return try memory.readAll(limit: 8 << 20)
      }
      return Failure(of: execute(request.command, environment: block))
    }
    var request = request
    request.environment = memory.raw
    for given in [request.relay, request.joined] {
      guard let given else { continue }
      try attempting("hand over a descriptor") { () throws(SystemError) in try FileDescriptor.keepAcrossExec(given) }
    }
    if let errors = request.errors {
      try attempting("hand over a descriptor") { () throws(SystemError) in try FileDescriptor.keepAcrossExec(errors) }
    }
    return become("vpn-launch", request.words, environment: .empty)
  }

  func environment(
    setting variables: [(name: [UInt8], value: [UInt8])], isForAnother: Bool
  ) throws(Failure) -> FileDescriptor {
    do throws(SystemError) { return try environmentDescriptor(setting: variables, isForAnother: isForAnother) } catch {
      let reason = error.isTooBig ? "it is larger than the limit on file sizes (`ulimit -f`)" : "\(error)"
      throw Failure("cannot hand over the environment: \(reason)")
    }
  }

  /// Another user's own; the caller's by SHELL, as other programs choose it.
  func shell(of user: UserAccount?) -> [UInt8] {
    if user == nil, let shell = Arguments.variable("SHELL"), shell.first == 0x2f { return shell }
    let shell = (user ?? UserAccount.of(Process.userID))?.shell ?? []
    return shell.isEmpty ? Array("/bin/sh".utf8) : shell
  }
}

extension RunRequest {
  /// - Returns: `nil` if it is the caller.
  func commandUser() throws(Failure) -> UserAccount? {
    let account = try namedUser()
    let isForRoot = account.map { $0.uid == 0 } ?? Process.isRoot
    guard !isStrict || !isForRoot else { throw Failure("--strict holds no root, to whom all files belong: name another by --user=USER") }
    return account
  }

  private func namedUser() throws(Failure) -> UserAccount? {
    guard let user else { return nil }
    let shown = String(printable: user.prefix(64))
    guard Process.isRoot else { throw Failure("--user is for root: `sudo vpnrun --user=\(shown) …`") }
    guard let account = UserAccount.named(user) else { throw Failure("there is no user '\(shown)': `getent passwd` lists them") }
    return account
  }
}
