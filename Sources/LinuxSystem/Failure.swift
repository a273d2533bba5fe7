internal import CLinux

/// Why a program of ours gives up: what to tell a person, and the status to exit with.
public struct Failure: Error, Equatable {
  /// Empty: it has been said already, or need not be. Text that ends in a newline is lines as they are (`vpn-manage` has those).
  public var sentence: String
  /// 125 ours, 126 and 127 as a shell has them for a command that cannot be executed or found, 2 wrong use.
  public var status: Int32

  public init(_ sentence: String, status: Int32 = 125) {
    self.sentence = sentence
    self.status = status
  }

  /// A command cannot be executed.
  public init(of command: SystemError) { self.init("\(command)", status: command.isMissingFile ? 127 : 126) }

  /// Wrong use, answered by all that there is to know.
  public init(usage text: String) {
    say(text)
    self.init("", status: 2)
  }

  public static func == (a: Failure, b: Failure) -> Bool { a.status == b.status && a.sentence.utf8.elementsEqual(b.sentence.utf8) }

  /// - Parameter descriptor: where to say it.
  public func end(as program: StaticString, to descriptor: Int32 = 2) -> Never {
    if !sentence.isEmpty { say("\(program): \(sentence)\n", to: descriptor) }
    exit(status)
  }
}

/// Runs something that may fail by a system call, and says what it was for.
public func attempting<T: ~Copyable>(_ intent: @autoclosure () -> String, _ body: () throws(SystemError) -> T) throws(Failure) -> T {
  do throws(SystemError) { return try body() } catch { throw Failure("cannot \(intent()): \(error)") }
}
