// What the caller of a program gives it: words, of which capable programs believe nothing.
import CLinux
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
  check(request.commandIndex.map { $0 < words.count } ?? (request.name != nil), "neither a VPN nor a command")
  let command = request.commandIndex.map { Array(words[$0...]) } ?? []
  let plain = request.plainOptions + bytes(request.name.map { ["\($0)"] } ?? []) + (command.isEmpty ? [] : bytes(["--"]) + command)
  guard case .run(var read) = accepted({ () throws(Failure) in try Typed.read(plain) }) else { fatalError("said plainly, refused") }
  check((read.commandIndex.map { Array(plain[$0...]) } ?? []) == command, "said plainly, another command")
  read.commandIndex = request.commandIndex
  check(read == request, "said plainly, another request")

  let name = request.name ?? VPNName("home")!
  let options = ["--environment=3", "--user=1:2:3,4"] + (request.isVerbose ? ["--verbose"] : []) + (request.isQuiet ? ["--quiet"] : [])
  guard !command.isEmpty else { return }
  guard let launch = accepted({ () throws(Failure) in try LaunchRequest(bytes(options + ["\(name)", "--"]) + command) }) else {
    fatalError("vpn-launch refuses it")
  }
  check(launch.name == name && launch.environment == 3 && launch.command == command, "vpn-launch takes it for something else")
  check(launch.isVerbose == request.isVerbose && launch.isQuiet == request.isQuiet && launch.user?.groups == [3, 4])
}

extension RunRequest {
  fileprivate var plainOptions: [[UInt8]] {
    var words = bytes((isVerbose ? ["--verbose"] : []) + (isQuiet ? ["--quiet"] : []) + (wait.map { ["--wait=\($0)"] } ?? []))
    words += bytes(["--guard=\(guarding)"])
    if let folder { words += [Array("--cwd=".utf8) + folder] }
    if let user { words += bytes(["--user"]) + [user] }
    return words
  }
}

private func tryLaunch(_ words: [[UInt8]]) {
  guard let request = accepted({ () throws(Failure) in try LaunchRequest(words) }) else { return }
  check(request.environment > 2 && !request.command.isEmpty)
  check(words.dropLast(request.command.count).suffix(2).elementsEqual(bytes(["\(request.name)", "--"])))
  check(words.suffix(request.command.count).elementsEqual(request.command), "another command than was given")
}

private func tryLink(_ words: [[UInt8]]) {
  let request = accepted { () throws(Failure) in try LinkRequest(words) }
  // `vpn` gives these words to vpn-link as they were typed.
  check(QuickChange(words) == nil || request != nil, "vpn believes in what vpn-link refuses")
  guard let plain = request?.plainWords else { return }
  check(accepted({ () throws(Failure) in try LinkRequest(plain) })?.plainWords == plain, "said plainly, another request")
}

/// Whatever is refused is refused by a sentence that may be printed.
private func accepted<T>(_ body: () throws(Failure) -> T) -> T? {
  do throws(Failure) { return try body() } catch {
    check(!error.sentence.isEmpty && !error.sentence.utf8.hasControlCharacters && [2, 125].contains(error.status))
    return nil
  }
}

private func bytes(_ words: [String]) -> [[UInt8]] { words.map { Array($0.utf8) } }

extension LinkRequest {
  fileprivate var plainWords: [[UInt8]] {
    func words(
      _ verb: String, _ name: VPNName?, _ resolved: [Resolved] = [], isForced: Bool = false, isVerbose: Bool = false
    ) -> [[UInt8]] {
      bytes([verb] + (name.map { ["\($0)"] } ?? []) + (isForced ? ["--force"] : []) + (isVerbose ? ["--verbose"] : []))
        + resolved.flatMap { bytes(["--resolved"]) + [$0.host + [0x3d] + "\($0.address)".utf8] }
    }
    return switch self {
    case .link(let name, let resolved, let isVerbose): words("link", name, resolved, isVerbose: isVerbose)
    case .unlink(let name, let isForced, let isVerbose): words("unlink", name, isForced: isForced, isVerbose: isVerbose)
    case .up(let name, let resolved, let isVerbose): words("up", name, resolved, isVerbose: isVerbose)
    case .down(let name, let isVerbose): words("down", name, isVerbose: isVerbose)
    case .toggle(let name, let resolved, let isVerbose): words("toggle", name, resolved, isVerbose: isVerbose)
    case .refresh(let name, let resolved, let isVerbose): words("refresh", name, resolved, isVerbose: isVerbose)
    case .reload(let name, let resolved, let isVerbose): words("reload", name, resolved, isVerbose: isVerbose)
    case .wait(let name, let seconds, let isQuiet):
      words("wait", name) + bytes(["--seconds=\(seconds)"] + (isQuiet ? ["--quiet"] : []))
    case .clean(let name, let isDry): words("clean", name) + bytes(isDry ? ["--dry-run"] : [])
    case .plan(let name, let actions, let resolved):
      // One that was named, or the usual ones.
      words("plan", name) + bytes(actions.count == 1 ? [actions[0].word] : []) + words("plan", nil, resolved).dropFirst()
    case .show(let name): words("show", name)
    case .ways: words("ways", nil)
    case .lookUp(let name): words("look-up", name)
    case .defaultName: words("default", nil)
    }
  }
}

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
