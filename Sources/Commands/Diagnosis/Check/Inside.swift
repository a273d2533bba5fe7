internal import LinuxSystem
internal import NetworkModel

/// A command of ours in a VPN, which does what it is asked there. It ends with its owner.
final class Inside {
  private let conversation: Conversation
  private var said: [String] = []

  /// - Parameters:
  ///   - vpnrun: the program.
  ///   - manage: this program, by whose other self the probes are made.
  init(_ name: VPNName, vpnrun: String, manage: String) throws(Failure) {
    do throws(SystemError) {
      conversation = try Conversation(vpnrun, [name.description, "--", manage, "probe-inside"], environment: Child.ownEnvironment)
    } catch { throw Failure("cannot run \(vpnrun): \(error.reason)") }
  }

  /// - Parameters:
  ///   - entering: a network namespace's file: that of another program's.
  ///   - users: that of the user namespace to which it belongs, where entering needs it.
  init(entering network: String, users: String?, manage: String) throws(Failure) {
    guard let program = Look.program("nsenter", in: Look.path) else { throw Failure("nsenter is missing") }
    let words = (users.map { ["--user=\($0)", "--preserve-credentials"] } ?? []) + ["--net=\(network)", "--", manage, "probe-inside"]
    do throws(SystemError) { conversation = try Conversation(program, words, environment: Child.ownEnvironment) } catch {
      throw Failure("cannot run \(program): \(error.reason)")
    }
  }

  var pid: Int32 { conversation.child }
  func end() { conversation.end() }

  /// To one of two.
  func isAnswered(_ request: ProbeRequest) throws(Failure) -> Bool {
    if try ask(request).isAnswered { return true }
    return try ask(request).isAnswered
  }

  /// - Throws: what it said at its end, if it ended.
  func ask(_ request: ProbeRequest, within milliseconds: Int32 = 10_000) throws(Failure) -> ProbeReply {
    // One that has ended has said why.
    try? conversation.say(String(jsonText(request, inOneLine: true).dropLast()))
    while let line = (try? conversation.line(within: milliseconds)) ?? nil {
      if let reply = decoded(ProbeReply.self, line) { return reply }
      said.append(line)
    }
    if Interrupt.happened { throw .interrupted }
    throw Failure(lines: [said.last.map(printable) ?? "vpnrun does not answer"])
  }
}
