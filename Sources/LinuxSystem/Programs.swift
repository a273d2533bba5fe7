/// The programs of one installation, wherever it is: PREFIX/bin, where this one lies, and the helpers.
public struct Programs {
  /// Where the helpers lie below PREFIX: `make LIBEXEC=lib` has them in the other one.
  #if HelpersInLib
  public static var helpers: String { "lib/vpnrun" }
  #else
  public static var helpers: String { "libexec/vpnrun" }
  #endif

  private let prefix: String
  private let isVPNRuns: Bool

  /// - Parameter isVPNRuns: what they say on standard error is for its user, and begins with its name.
  public init(isVPNRuns: Bool = false) throws(Failure) {
    self.isVPNRuns = isVPNRuns
    prefix = try attempting("find the other programs") { () throws(SystemError) in try Files.prefix() }
  }

  /// Runs a helper, with the caller's environment.
  /// - Returns: its exit status, and what it wrote to its standard output.
  public func output(of program: String, _ arguments: [[UInt8]]) throws(Failure) -> (status: Int32, output: [UInt8]) {
    let ended: (status: Int32, output: [UInt8])
    do throws(SystemError) { ended = try Child.run(words(program, arguments), as: name) } catch { throw Self.refusal(error) }
    try Self.refuseSignal(program, ended.status)
    return ended
  }

  /// Runs a helper, which writes to our standard output.
  /// - Returns: its exit status.
  public func status(of program: String, _ arguments: [[UInt8]], environment: ChildEnvironment) throws(Failure) -> Int32 {
    let status: Int32
    do throws(SystemError) {
      status = try Child.status(words(program, arguments), as: name, environment: environment)
    } catch { throw Self.refusal(error) }
    try Self.refuseSignal(program, status)
    return status
  }

  /// One that was killed has said nothing. A signal's status is as a shell has it; none of ours ends with such a number by itself.
  private static func refuseSignal(_ program: String, _ status: Int32) throws(Failure) {
    guard status <= 128 else { throw Failure("\(program) was ended by signal \(status - 128)") }
  }

  /// Becomes a helper; returns only why not.
  public func become(_ program: String, _ arguments: [[UInt8]], environment: ChildEnvironment) -> Failure {
    let vector = StringVector(words(program, arguments))
    let nothing = StringVector([])
    let variables = unsafe environment == .own ? Arguments.environment : nothing.pointers
    return Self.refusal(unsafe execute(vector.pointers, environment: variables))
  }

  private var name: [UInt8]? { isVPNRuns ? Array("vpnrun".utf8) : nil }

  private func words(_ program: String, _ arguments: [[UInt8]]) -> [[UInt8]] {
    [Array("\(prefix)/\(Self.helpers)/\(program)".utf8)] + arguments
  }

  /// Those with capabilities may be executed by root and their group alone.
  private static func refusal(_ error: SystemError) -> Failure {
    if error.isDenied {
      return Failure("you are not in the group that may use VPNs: `sudo adduser \(Process.userName) vpn`, then log in again")
    }
    if error.isMissingFile { return Failure("\(error): the installation is not complete") }
    return Failure("\(error)")
  }
}
