internal import Applications
internal import LinuxSystem
internal import NetworkModel

/// Whether the command is one that has nothing to do with others of its program.
enum Separate: Equatable {
  case no
  /// In the folder for it: vpnrun/NAME/PROGRAM below XDG_DATA_HOME.
  case usual
  case into([UInt8])
}

/// What is started in the end, and with which variables beside the caller's.
struct Command {
  var words: [[UInt8]]
  var variables: [(name: [UInt8], value: [UInt8])] = []
  var isSeparate = false
  /// Its profile's, if it is separate and has one.
  var folder: [UInt8]?

  /// - Parameters:
  ///   - words: as they were typed, at least one.
  ///   - name: `nil`: it is to run outside all VPNs.
  init(_ words: [[UInt8]], _ separate: Separate, in name: VPNName?) throws(Failure) {
    self.words = words
    if separate == .no { return }
    let invocations = Invocation.all(in: words)
    let program = String(printable: invocations.first?.program ?? words[0])
    guard let shared = invocations.first?.shared, shared.separation.isKnown else {
      throw Failure("it is not known how to separate '\(program)', but \(Self.known)")
    }
    // There is no place for its options.
    guard let place = invocations[0].place else {
      throw Failure("'\(program)' stands in a text for a shell: type vpnrun --separate \(name?.description ?? "--direct") -- \(program)")
    }
    // What is typed says where already, or asks for no more than the version.
    if shared.isApart(Array(words[place...])) || words[place...].contains(where: { SharedInstance.isHelp($0) }) { return }
    isSeparate = true
    var folder: [UInt8] = []
    if shared.separation.hasFolder {
      folder = try Self.folder(shared, separate, name)
      try Files.makePrivateFolder(folder)
      self.folder = folder
    } else if case .into = separate {
      throw Failure("\(shared.name) has no folder of its own: type --separate without one")
    }
    let vpn = name?.description ?? "direct"
    let values = SharedInstance.Separation.Values(folder: folder, vpn: vpn, windowClass: shared.windowClass(vpn: vpn))
    self.words = shared.separation.words(words, program: place, values)
    variables = shared.separation.environment(values)
  }

  private static var known: String {
    let names = SharedInstance.all.filter { $0.separation.isKnown }.map { $0.name }
    return names.dropFirst().reduce(names[0]) { $0 + ", " + $1 }
  }

  private static func folder(_ shared: SharedInstance, _ separate: Separate, _ name: VPNName?) throws(Failure) -> [UInt8] {
    if case .into(let path) = separate {
      guard path.first == 0x2f else { throw Failure("--separate=FOLDER is a whole path, from / on") }
      return path
    }
    var data = Arguments.variable("XDG_DATA_HOME") ?? []
    if data.first != 0x2f {
      guard let home = Arguments.variable("HOME"), home.first == 0x2f else {
        throw Failure("HOME is not set: name a folder, --separate=FOLDER")
      }
      data = home + Array("/.local/share".utf8)
    }
    // No VPN's name has a `.`.
    return data + Array("/vpnrun/\(name?.description ?? ".direct")/\(shared.commands[0])".utf8)
  }
}

extension Invocation {
  /// By its name, or by that of the file behind a link: x-www-browser.
  var shared: SharedInstance? {
    if let shared = SharedInstance.started(by: program) { return shared }
    return UserSession.hasDisplay ? Files.programBehind(words[0]).flatMap { SharedInstance.started(by: Self.base($0)) } : nil
  }
}

enum UserSession {
  static var hasDisplay: Bool { Arguments.hasVariable("DISPLAY") || Arguments.hasVariable("WAYLAND_DISPLAY") }
}
