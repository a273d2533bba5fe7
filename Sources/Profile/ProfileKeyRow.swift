/// What there is to say about a key: every column of every key.
struct ProfileKeyRow {
  /// Who reads it besides us.
  enum Reader {
    /// wg(8), which reads a line without any space in it, be that in the name or in the value.
    case wg
    /// wg-quick(8), which reads it without outer spaces.
    case wgQuick
    /// No other program.
    case own
  }

  /// In how many lines it may stand, and what those have.
  enum Lines {
    case once
    /// Elements with commas or blanks between them, as wg-quick has it, which minds no empty ones. Several lines add up.
    case list
    /// Elements with commas between them, as wg(8) has it: blanks may stand within one. Several lines add up.
    case networks
    /// A text each, in as many as there are.
    case text

    func parts(of value: Text) -> [Text] {
      let comma = UInt8(ascii: ",")
      return switch self {
      case .once, .text: [value]
      case .list: value.split { $0 == comma || $0.isBlank }
      case .networks: value.split(separator: comma, omittingEmptySubsequences: false).map { $0.trimmed }
      }
    }
  }

  enum Emptiness {
    case needsValue
    /// Without a value the same as not there, as wg-quick (and wg(8) of AllowedIPs) has it.
    case mayBeEmpty
  }

  /// Whether a message may repeat its value.
  enum Display {
    case shown
    /// A public key is not worth repeating, and could be the private one in the wrong place.
    case hidden
    /// Shown nowhere. Besides: the key for the path of a file that has it.
    case secret(ProfileKey)
    /// A path, which could be the key itself in the wrong place. Besides: the key for that.
    case keyFile(ProfileKey)
  }

  typealias Take<Target> = (inout Target, Text) throws(Refusal) -> Void

  /// The section, and what reads a value or an element of a list there and puts it where it belongs.
  enum Destination {
    case interface(Take<Profile>)
    case peer(Take<PeerProfile>)
    case vpn(Take<Profile>)
    /// `DNS`, which two sections have.
    case resolvers(ProfileSection)
    /// What wg-quick would act on, in [Interface]. It is looked at, and kept as it is.
    case hook((Text) throws(Refusal) -> Void)

    static func interface<Value>(
      _ read: @escaping (Text) throws(Refusal) -> Value, _ put: @escaping (inout Profile, Value) -> Void
    ) -> Self { .interface(taking(read, put)) }

    static func peer<Value>(
      _ read: @escaping (Text) throws(Refusal) -> Value, _ put: @escaping (inout PeerProfile, Value) -> Void
    ) -> Self { .peer(taking(read, put)) }

    static func vpn<Value>(
      _ read: @escaping (Text) throws(Refusal) -> Value, _ put: @escaping (inout Profile, Value) -> Void
    ) -> Self { .vpn(taking(read, put)) }

    private static func taking<Target, Value>(
      _ read: @escaping (Text) throws(Refusal) -> Value, _ put: @escaping (inout Target, Value) -> Void
    ) -> Take<Target> {
      { target, text throws(Refusal) in put(&target, try read(text)) }
    }
  }

  let name: String
  let reader: Reader
  let lines: Lines
  let emptiness: Emptiness
  let display: Display
  let meaning: String
  let destination: Destination

  init(
    _ name: String, _ reader: Reader, _ lines: Lines, _ emptiness: Emptiness, _ display: Display, _ meaning: String,
    _ destination: Destination
  ) {
    self.name = name
    self.reader = reader
    self.lines = lines
    self.emptiness = emptiness
    self.display = display
    self.meaning = meaning
    self.destination = destination
  }

  var section: ProfileSection {
    switch destination {
    case .interface: .interface
    case .peer: .peer
    case .vpn: .vpn
    case .resolvers(let section): section
    case .hook: .interface
    }
  }

  /// Elements of a list are looked at as they are.
  var isDense: Bool { reader == .wg && lines == .once }

  var isHook: Bool { if case .hook = destination { true } else { false } }
}
