internal import LinuxSystem

/// What a request has to say: `text` on standard output, `notes` for a person on standard error.
struct Answer: Equatable {
  var text = ""
  var notes: [String] = []
  /// What went wrong all the same, or an exit status that is a part of the answer.
  var failure: Failure?
}

/// What the user asked for, as a value: arguments are turned into one of these, and tests make them directly.
protocol CommandRequest {
  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer
}

extension CommandRequest {
  /// Carries it out on this machine and prints the answer.
  func run() throws(Failure) {
    let answer = try perform(on: .current(), style: .ofStandardOutput())
    for note in answer.notes { Output.standardError.say("\(Tool.name): \(note)") }
    try Failure.saying("cannot write") { () throws(SystemError) in try Output.standard.write(answer.text) }
    if let failure = answer.failure { throw failure }
  }
}
