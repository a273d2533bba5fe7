/// An application of which one process does the work of all: one that is started later asks the first, and ends. What was to run in a VPN
/// then runs wherever the first one does.
public struct SharedInstance: Sendable {
  /// As people call it.
  public var name: String
  /// Base names of the programs that start it; the first names the folder of a separate profile.
  public var commands: [String]
  /// The process that does the work: the base name of its file, or its name as ps(1) shows it.
  public var processes: [String] = []
  /// It is one of those only while it listens on a UNIX socket.
  public var listens = false
  /// Not a process of the user's, but a service does the work, whether or not it runs yet: that it does so, after `NAME's`.
  public var service: String?
  /// A service that the session's systemd starts when its socket is asked, whose path ends so.
  public var socket: String?
  /// Which of its commands ask for it.
  var occasion = Occasion.always
  /// How one is started that has to do with no other.
  public var separation = Separation()
  /// Options, without their dashes, of one that has to do with no other.
  var apart: [String] = []
  /// The same; but it may be asked by others.
  var alone: [String] = []
  /// What else helps: a command that ends the other one, or does it otherwise. `%n` in it is the VPN's name.
  var advice: String?

  enum Occasion {
    case always
    /// One of these options, without their dashes.
    case options([String])
    /// One of these words, which is no option.
    case words([String])
    /// A word with a colon in it, as rcp(1) had it: HOST:FILE.
    case remote
  }

  /// - Parameter program: a path's last part.
  public static func started(by program: some Collection<UInt8>) -> SharedInstance? {
    all.first { $0.commands.contains { program.elementsEqual($0.utf8) } }
  }

  /// Whether one may be looked for by its name alone, if it is not known: an interpreter's name says nothing of its program, and others are
  /// known to open their windows themselves though they listen.
  public static func isUnknown(_ program: some Collection<UInt8>) -> Bool {
    !program.starts(with: "python".utf8) && !hermits.contains { program.elementsEqual($0.utf8) }
  }

  public func isProcess(_ name: some Collection<UInt8>) -> Bool { processes.contains { name.elementsEqual($0.utf8) } }

  /// Whether what is typed does its work itself, or none.
  public func opensByItself(_ arguments: [[UInt8]]) -> Bool {
    if isApart(arguments) || arguments.contains(where: { Self.option($0, isIn: alone) || Self.isHelp($0) }) { return true }
    return switch occasion {
    case .always: false
    case .options(let names): !arguments.contains { Self.option($0, isIn: names) }
    case .words(let words): !arguments.contains { word in words.contains { word.elementsEqual($0.utf8) } }
    case .remote: !arguments.contains { $0.first != 0x2d && $0.contains(0x3a) }
    }
  }

  public static func isHelp(_ word: [UInt8]) -> Bool { option(word, isIn: ["help", "version"]) }

  /// Whether a running one is left alone by those that are started without such options.
  public func isApart(_ arguments: [[UInt8]]) -> Bool {
    arguments.indices.contains { at in
      let word = arguments[at]
      // A letter's value may be a word of its own: `-o ControlPath=none`.
      let isLetter = word.count == 2 && at + 1 < arguments.endIndex
      return Self.option(word, isIn: apart) || (isLetter && Self.option(word + arguments[at + 1], isIn: apart))
    }
  }

  /// Programs differ in how many dashes they want, and take the value in the same word or in the next one.
  private static func option(_ word: [UInt8], isIn names: [String]) -> Bool {
    let name = word.drop { $0 == UInt8(ascii: "-") }
    guard name.count < word.count else { return false }
    return names.contains {
      name.starts(with: $0.utf8) && (name.count == $0.utf8.count || name[name.startIndex + $0.utf8.count] == UInt8(ascii: "="))
    }
  }
}
