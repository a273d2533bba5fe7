internal import ForeignProfiles
internal import LinuxSystem
internal import NetworkModel
internal import Profile

/// What exporting a VPN comes to: files that are read back to the same profile.
struct ExportPlan {
  var files: [ExportedFile]
  var losses: [String]
  var remarks: [String]

  /// - Parameters:
  ///   - content: the profile.
  ///   - keyed: the same with the keys of its key files in it.
  ///   - table: the number of an underlay's table on this machine.
  init(
    _ name: VPNName, _ content: [UInt8], keyed: [UInt8], as format: ExportFormat, table: (Underlay) throws(Failure) -> UInt32?
  ) throws(Failure) {
    let text = Profile.rewritten(content, id: nil)
    let profile = try Self.profile(text)
    guard !profile.peers.isEmpty || profile.link != nil else {
      throw Failure("\(name) has no [Peer]: there is no tunnel to export for \(format.program)")
    }
    let made: Exported
    let isByLink = profile.link != nil
    if format == .nixOS {
      made = try NixExport(name, profile, settings: Self.settings(text)).exported()
    } else if let link = LinkExport(name, profile) {
      made = try link.exported(format)
    } else {
      let view = try ExportView(name, try Self.profile(Profile.rewritten(keyed, id: nil)), table: table)
      made =
        switch format {
        case .networkd: NetworkdExport(view: view).exported
        case .networkManager: NetworkManagerExport(view: view).exported
        case .ifupdownNG: InterfacesExport(view: view).exported
        case .wireguard, .nixOS: Exported(files: [], losses: [])
        }
    }
    (losses, remarks) = (made.losses, made.remarks)
    files = made.files
    guard let again = try? Self.translation(files, format, isByLink: isByLink).text,
      var carrying = Carrying(text, profile, translated: again)
    else { throw Failure("cannot export \(name): what is written for \(format.program) would not be read back") }
    if format == .nixOS {
      // All users can read the store: a key stands in the file that is its option's, and nowhere else. A removed one has no value.
      for (n, line) in carrying.lines.enumerated() where line.key.isSecret && line.value != nil {
        guard let value = line.value, let file = files.dropFirst().first(where: { $0.lines == [value] }) else {
          throw Failure("cannot export \(name): \(line.key.name) would be readable by all users")
        }
        carrying.lines[n].value = "@\(file.name)"
      }
    }
    guard format != .networkManager || carrying.lines.count <= Self.mostOfNetworkManager else {
      throw Failure(
        "cannot export \(name): NetworkManager keeps \(Self.mostOfNetworkManager) settings of other programs, and it takes \(carrying.lines.count)"
      )
    }
    complete(name, format, carrying.lines.map(\.text))
    // Nothing but our own mistake can fail here.
    guard let last = try? Self.translation(files, format, isByLink: isByLink), var read = try? Profile.parse(last.text) else {
      throw Failure("cannot export \(name): what is written for \(format.program) would not be read back")
    }
    var wanted = profile
    (wanted.hooks, read.hooks) = ([], [])
    guard read == wanted else { throw Failure("cannot export \(name): what is written for \(format.program) would be another profile") }
  }

  /// Keys in `[user]`.
  private static let mostOfNetworkManager = 256

  private static func profile(_ text: [UInt8]) throws(Failure) -> Profile {
    do throws(ProfileErrors) { return try Profile.parse(text) } catch { throw Failure(lines: error.lines(of: "the profile")) }
  }

  /// Of [VPN], what has no option of its own.
  private static func settings(_ text: [UInt8]) -> [(String, String)] {
    KeyedProfile(text).vpn.filter { ![.id, .priority, .autostart].contains($0.key) }.map {
      ($0.key.name, $0.values.joined(separator: ", "))
    }
  }

  private static func translation(
    _ files: [ExportedFile], _ format: ExportFormat, isByLink: Bool
  ) throws(ForeignErrors) -> Translation {
    let contents = files.map { Array($0.text.utf8) }
    if isByLink, format != .nixOS { return try LinkFile.translation(of: contents[0]) }
    return switch format {
    case .networkManager: try NetworkManagerFile.translation(of: contents[0])
    case .ifupdownNG: try InterfacesFile.translation(of: contents[0], tunnel: contents[1])
    case .nixOS:
      try NixFile.translation(of: contents[0], files: Dictionary(zip(files.map(\.name), contents)) { first, _ in first })
    case .networkd, .wireguard: try NetworkdFiles.translation(device: [contents[0]], network: Array(contents[1...]))
    }
  }

  /// With what a person is told, and what is carried along.
  private mutating func complete(_ name: VPNName, _ format: ExportFormat, _ carried: [String]) {
    var head = ["# The VPN \(name) of vpnrun, for \(format.program). `vpn import` reads it back.", "#"]
    if !losses.isEmpty { head += ["# It does not do:"] + losses.map { "#   \($0)" } + ["#"] }
    if !remarks.isEmpty { head += remarks.map { "# \($0)" } + ["#"] }
    if format == .networkManager {
      if !carried.isEmpty {
        head.append("# Below, [user] has what only vpn import reads.")
        files[0].lines += ["", "[user]"]
        files[0].lines += carried.enumerated().map { n, line in
          let number = "\(n + 1)"
          let key = NetworkManagerFile.carriedPrefix + String(repeating: "0", count: max(0, 4 - number.utf8.count)) + number
          return "\(key)=\(line.replacing("\\", with: "\\\\"))"
        }
      }
    } else if !carried.isEmpty {
      head += ["# These lines only vpn import reads:"] + carried.map { "# vpnrun: \($0)" }
    }
    while head.last == "#" { head.removeLast() }
    files[0].lines = head + [""] + files[0].lines
  }
}
