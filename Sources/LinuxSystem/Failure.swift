internal import CLinux

/// Why a program of ours gives up: one sentence for a person, and the status to exit with.
public struct Failure: Error {
  /// Empty: it has been said already, or need not be.
  public var sentence: String
  /// 125 ours, 126 and 127 as a shell has them for a command that cannot be executed or found, 2 wrong use.
  public var status: Int32

  public init(_ sentence: String, status: Int32 = 125) {
    self.sentence = sentence
    self.status = status
  }

  /// Wrong use, answered by all that there is to know.
  public init(usage text: String) {
    say(text)
    self.init("", status: 2)
  }

  public func end(as program: StaticString) -> Never {
    if !sentence.isEmpty { say("\(program): \(sentence)\n") }
    exit(status)
  }
}

/// Runs something that may fail by a system call, and says what it was for.
public func attempting<T: ~Copyable>(_ intent: @autoclosure () -> String, _ body: () throws(SystemError) -> T) throws(Failure) -> T {
  do throws(SystemError) { return try body() } catch { throw Failure("cannot \(intent()): \(error)") }
}
