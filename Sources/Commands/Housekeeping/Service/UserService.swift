internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

/// A unit of a user's manager (`systemctl --user`), as its files say it; systemd.unit(5). Such a manager cannot give it a network of
/// its own, so its program is started by vpnrun(1).
struct UserService {
  var unit: ServiceUnit
  /// As they are written, with what stands before the program (`-`, `:`).
  var commands: [String] = []
  /// What is set in `[Service]`, the last word of each.
  var settings: [String: String] = [:]

  /// - Parameter texts: of the unit and its drop-ins, in their order.
  init(_ unit: ServiceUnit, _ texts: [String]) {
    self.unit = unit
    for text in texts { read(text) }
  }

  private mutating func read(_ text: String) {
    var section = ""
    var begun = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let plain = line.trimming { $0 == " " || $0 == "\t" || $0 == "\r" }
      if plain.first == "#" || plain.first == ";" { continue }
      if plain.last == "\\" {
        begun += plain.dropLast() + " "
        continue
      }
      let whole = begun + plain
      begun = ""
      if whole.first == "[", whole.last == "]" {
        section = String(whole)
      } else if section == "[Service]", let equals = whole.firstIndex(of: "=") {
        set(
          String(whole[..<equals].trimming { $0 == " " || $0 == "\t" }),
          String(whole[whole.index(after: equals)...].trimming { $0 == " " || $0 == "\t" }))
      }
    }
  }

  private mutating func set(_ key: String, _ value: String) {
    if key != "ExecStart" {
      settings[key] = value
    } else if value.isEmpty {
      commands = []
    } else {
      commands.append(value)
    }
  }

  /// Of these each takes rights away from a program with file capabilities: by itself, or since a manager without privileges must
  /// switch them
  /// off before it may set it (systemd.exec(5), NoNewPrivileges).
  static let forbidding = [
    "NoNewPrivileges", "RestrictNamespaces", "MemoryDenyWriteExecute", "SystemCallFilter", "SystemCallArchitectures", "SystemCallLog",
    "RestrictAddressFamilies", "RestrictSUIDSGID", "RestrictRealtime", "LockPersonality", "PrivateUsers", "PrivateNetwork", "DynamicUser",
    "PrivateDevices", "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs", "ProtectClock", "ProtectHostname",
  ]
  /// Newer managers make a user namespace for these.
  static let doubtful = ["PrivateTmp", "PrivateMounts", "ProtectSystem", "ProtectHome", "ReadOnlyPaths", "InaccessiblePaths", "BindPaths"]

  func among(_ keys: [String]) -> [String] {
    keys.filter { key in
      guard let value = settings[key]?.lowercased() else { return false }
      return !["", "no", "false", "off", "0"].contains(value)
    }
  }

  /// - Parameter program: the path of vpnrun(1).
  /// - Throws: why its program cannot be started in a VPN.
  func lines(_ name: VPNName, _ program: String) throws(Failure) -> [String] {
    let reasons = among(Self.forbidding)
    guard reasons.isEmpty else {
      throw Failure(
        "\(unit.name) has \(reasons.joined(separator: ", ")), under which no program has vpnrun's rights: as a service of the system it may keep that (`sudo vpn service add \(name) UNIT`), or a drop-in of yours switches it off"
      )
    }
    guard !commands.isEmpty else { throw Failure("\(unit.name) has no ExecStart") }
    var lines = ["ExecStart="]
    for command in commands {
      let rest = command.drop { "@-:+!|".contains($0) }
      let marks = command[..<rest.startIndex]
      guard !marks.contains("@") else { throw Failure("\(unit.name) gives its program another name (ExecStart=@), which vpnrun cannot do") }
      let path = program.contains(" ") ? "\"\(program)\"" : program
      lines.append("ExecStart=\(marks.filter { $0 != "+" && $0 != "!" })\(path) \(name) -- \(rest)")
    }
    return lines
  }
}

extension StringProtocol {
  fileprivate func trimming(_ isSpace: (Character) -> Bool) -> SubSequence {
    let start = firstIndex { !isSpace($0) } ?? endIndex
    let end = lastIndex { !isSpace($0) }.map { index(after: $0) } ?? endIndex
    return start < end ? self[start..<end] : self[endIndex..<endIndex]
  }
}

extension Installation {
  /// The user's own units.
  var userUnits: String { "\(desktop.configurations.first ?? "/nonexistent")/systemd/user" }

  /// Where a user's manager looks, in its order.
  private var userFolders: [String] {
    [userUnits] + desktop.configurations.dropFirst().map { "\($0)/systemd/user" }
      + ["/etc/systemd/user", "/run/systemd/user", "\(desktop.home ?? "")/.local/share/systemd/user", "/usr/local/lib/systemd/user"]
      + ["/usr/lib/systemd/user", "/lib/systemd/user"]
  }

  /// - Throws: where there is no such unit.
  func userService(_ unit: ServiceUnit) throws(Failure) -> UserService {
    let template = unit.name.firstIndex(of: "@").map { unit.name[...$0] + ".service" }
    let names = [unit.file] + (template.map { [$0] } ?? []).filter { $0 != unit.file }
    let folders = userFolders
    let fragment = names.lazy.flatMap { name in folders.lazy.map { "\($0)/\(name)" } }.compactMap { Look.text($0) }.first
    guard let fragment else {
      throw Failure("there is no unit \(unit.file) of yours: `systemctl --user list-unit-files` lists them")
    }
    var dropIns: [String: String] = [:]
    // Of one name the first folder's counts.
    for folder in names.map({ "\($0).d" }) + ["service.d"] {
      for place in folders {
        for file in (try? Files.list("\(place)/\(folder)")) ?? [] where file.hasSuffix(".conf") && file != ServiceFiles.dropIn {
          if dropIns[file] == nil { dropIns[file] = Look.text("\(place)/\(folder)/\(file)") }
        }
      }
    }
    return UserService(unit, [fragment] + dropIns.sorted { $0.key < $1.key }.map(\.value))
  }

  func userServiceFile(_ typed: String, _ typedUnit: String) throws(Failure) -> (file: OwnFile, notes: [String]) {
    let name = try profiles.find(typed)
    let unit = try ServiceUnit(typedUnit)
    guard try helper.show(name).box else {
      throw Failure("\(name) has `Box = no`, so there is no box to run a service in: its link is for this machine's routes")
    }
    let service = try userService(unit)
    let text = "\(ServiceFiles.mark)\(name) \(unit.name)\n[Service]\n" + (try service.lines(name, vpnrun)).joined(separator: "\n") + "\n"
    let doubtful = service.among(UserService.doubtful)
    let note =
      "\(doubtful.joined(separator: ", ")): newer versions of systemd give \(unit.name) a user namespace for that, where vpnrun refuses to start"
    return (OwnFile(path: "\(userUnits)/\(unit.file).d/\(ServiceFiles.dropIn)", text: text), doubtful.isEmpty ? [] : [note])
  }

  func userServices() -> [ServiceReport] {
    let names = ((try? Files.list(userUnits)) ?? []).sorted()
    return names.filter { $0.hasSuffix(".service.d") }.compactMap { folder in
      guard let found = record("\(userUnits)/\(folder)/\(ServiceFiles.dropIn)"), found.unit + ".service.d" == folder else { return nil }
      return ServiceReport(unit: found.unit, vpn: found.vpn, ports: [], user: true)
    }
  }
}
