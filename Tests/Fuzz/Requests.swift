// What the caller of a program gives it: words, of which capable programs believe nothing.
import CLinux
import HelperWire
import LinuxSystem
import NetworkModel
import Privilege

/// - Parameter input: words, each but the last one ended by LF, which stands for the NUL that the kernel puts there.
func tryRequest(_ input: [UInt8]) {
  let words = input.split(separator: 0x0a, omittingEmptySubsequences: false).map { Array($0) }
  tryRun(words)
  tryLaunch(words)
  tryLink(words)
  tryEnvironment(input)
}

/// vpnrun, and what it makes of it for vpn-launch.
private func tryRun(_ words: [[UInt8]]) {
  guard case .run(let request) = accepted({ () throws(Failure) in try Typed.read(words) }) else { return }
  check(request.commandIndex.map { $0 < words.count } ?? (request.name != nil || request.isDirect), "neither a VPN nor a command")
  let command = request.commandIndex.map { Array(words[$0...]) } ?? []
  let plain = request.plainOptions + bytes(request.name.map { ["\($0)"] } ?? []) + (command.isEmpty ? [] : bytes(["--"]) + command)
  guard case .run(var read) = accepted({ () throws(Failure) in try Typed.read(plain) }) else { fatalError("said plainly, refused") }
  check((read.commandIndex.map { Array(plain[$0...]) } ?? []) == command, "said plainly, another command")
  read.commandIndex = request.commandIndex
  check(read == request, "said plainly, another request")

  guard !command.isEmpty else { return }
  var launch = LaunchRequest(request.name ?? VPNName("home")!, environment: 3, command: command)
  (launch.isVerbose, launch.isQuiet, launch.user) = (request.isVerbose, request.isQuiet, Array("1:2:3,4".utf8))
  (launch.isStrict, launch.allowed) = (request.isStrict, request.isStrict ? command : [])
  launch.errors = request.isForDesktop ? 4 : nil
  (launch.inbound, launch.forward, launch.forwardRun) = (request.inbound, request.forward, request.forwardRun)
  if request.forwardRun != nil { launch.user = nil }
  if request.join != nil { launch.joined = 5 }
  let lan = request.lan ?? []
  if LaunchRequest.hasRoom(request.published, lan), !(request.published.isEmpty && lan.isEmpty) {
    (launch.published, launch.lan, launch.relay) = (request.published, lan, 6)
  }
  check((try? LaunchRequest(launch.words)) == launch, "vpn-launch takes it for something else")
}

extension RunRequest {
  fileprivate var plainOptions: [[UInt8]] {
    var words = bytes((isVerbose ? ["--verbose"] : []) + (isQuiet ? ["--quiet"] : []) + (wait.map { ["--wait=\($0)"] } ?? []))
    words += bytes(["--guard=\(guarding)"] + (isForDesktop ? [staysInside ? "--desktop=always" : "--desktop"] : []))
    words += bytes((isStrict ? ["--strict"] : []) + allowed.map { "--allow=\($0.name)" })
    if let folder { words += [Array("--cwd=".utf8) + folder] }
    if let user { words += bytes(["--user"]) + [user] }
    switch separation {
    case .no: break
    case .usual: words += bytes(["--separate"])
    case .into(let folder): words += [Array("--separate=".utf8) + folder]
    }
    if !inbound.isEmpty { words += bytes(["--inbound", TransportPort.text(inbound)]) }
    if !published.isEmpty { words += bytes(["--publish", PublishedPort.text(published)]) }
    if let lan { words += bytes([lan.isEmpty ? "--lan" : "--lan=\(LANDestination.text(lan))"]) }
    if let forward { words += bytes([forward == 0 ? "--forward" : "--forward=\(forward)"]) }
    if let forwardRun { words += bytes(["--forward-run"]) + [forwardRun] }
    if let join { words += bytes(["--join"]) + [join] }
    return words + bytes(isDirect ? ["--direct"] : [])
  }
}

private func tryLaunch(_ words: [[UInt8]]) {
  guard let request = try? LaunchRequest(words) else { return }
  check(request.environment > 2 && !request.command.isEmpty)
  check(words.dropLast(request.command.count).suffix(2).elementsEqual(bytes(["\(request.name)", "--"])))
  check(words.suffix(request.command.count).elementsEqual(request.command), "another command than was given")
  check((try? LaunchRequest(request.words)) == request, "said plainly, another request")
  if let user = accepted({ () throws(Failure) in try request.commandUser() }), let user { check(user.uid != .max && user.gid != .max) }
}

private func tryLink(_ words: [[UInt8]]) {
  let request = try? HelperRequest(words)
  // `vpn` gives these words to vpn-link as they were typed.
  check(QuickChange(words) == nil || request != nil, "vpn believes in what vpn-link refuses")
  guard let request else { return }
  check((try? HelperRequest(request.words)) == request, "said plainly, another request")
}

/// Whatever is refused is refused by a sentence that may be printed.
private func accepted<T>(_ body: () throws(Failure) -> T) -> T? {
  do throws(Failure) { return try body() } catch {
    check(!error.sentence.isEmpty && !error.sentence.utf8.hasControlCharacters && [2, 125].contains(error.status))
    return nil
  }
}

private func bytes(_ words: [String]) -> [[UInt8]] { words.map { Array($0.utf8) } }

/// The block in which vpn-launch gets the environment.
private func tryEnvironment(_ block: [UInt8]) {
  let vector = StringVector(block: block)
  var read: [UInt8] = []
  var at = unsafe vector.pointers
  while let string = unsafe at.pointee {
    unsafe read.append(contentsOf: UnsafeRawBufferPointer(start: string, count: strlen(string) + 1))
    unsafe at += 1
  }
  check(read == Array(block[..<(block.lastIndex(of: 0).map { $0 + 1 } ?? 0)]), "another environment")
}
