import Testing

/// The rooms of vpn-link from the ground up. A file may use what those before it declare; verbs may use all of them, and not one another.
private let floors = [
  "HostState", "HostSetting", "KeyFiles", "NameLookUp", "Profiles", "Caller", "CommandInside", "Session", "Choice",
  "AddressHolder", "HostIdentity", "Outer", "Conflicts", "Foreign", "Box", "Pin", "LinkWay", "Peers", "Tunnel", "Relaying", "PortRepair",
  "TunnelRepair", "Turns", "InForce",
  "Carrying",
  "HostTunnel", "BoxWorks", "Blocking", "Attached",
]

@Suite struct RoomTests {
  private static let rooms = floors.map { "Sources/vpn-link/\($0).swift" }
  private static let verbs = PackageText.swiftFiles("Sources/vpn-link/Verbs")

  @Test func everyFileHasItsPlace() {
    let main = "Sources/vpn-link/main.swift"
    #expect(Set(PackageText.swiftFiles("Sources/vpn-link")) == Set(Self.rooms + Self.verbs + [main]))
  }

  /// Functions and types that others can see. Members that only their own type's name leads to are not looked for.
  private func declared(_ file: String) throws -> Set<String> {
    let text = try PackageText.text(file)
    var names: Set<String> = []
    var isShared = true
    for line in text.split(separator: "\n") where !line.contains("private ") && !line.contains(" static ") {
      if line.contains(#/^\w/#) { isShared = line.contains(#/^(?:extension|struct) (?:Session|Box)\b/#) }
      guard let found = line.firstMatch(of: #/^(  )?(?:mutating |borrowing |consuming )?(?:func|struct|enum) (\w+)/#) else { continue }
      if found.output.1 == nil || isShared { names.insert(String(found.output.2)) }
    }
    return names
  }

  /// What is a member of something else than a session, a box or the file's own type is not looked for.
  private func used(_ names: Set<String>, in file: String) throws -> Set<String> {
    let own = try declared(file)
    let text = try PackageText.text(file).replacing(#/"(?:[^"\\]|\\.)*"/#, with: "\"\"").replacing(#/\/\/.*|\bfunc \w+/#, with: "")
    return names.subtracting(own).filter { name in
      let isType = name.first!.isUppercase
      return text.contains(try! Regex("(?:^|[^.\\w]|\\b(?:session|box|self)\\.)\(name)\(isType ? "\\b" : "\\(")"))
    }
  }

  @Test("No arrow goes up, so there is no circle") func downwards() throws {
    for (floor, file) in Self.rooms.enumerated() {
      for higher in Self.rooms[(floor + 1)...] + Self.verbs {
        let names = try used(try declared(higher), in: file)
        #expect(names.isEmpty, "\(file) uses \(names.sorted()) of \(higher)")
      }
    }
  }

  @Test("No verb calls another", arguments: verbs) func verbsApart(verb: String) throws {
    for other in Self.verbs where other != verb {
      let names = try used(try declared(other), in: verb)
      #expect(names.isEmpty, "\(verb) uses \(names.sorted()) of \(other)")
    }
  }

  @Test("The reading itself") func reading() throws {
    #expect(try declared("Sources/vpn-link/Carrying.swift").contains("carryAgain"))
    #expect(try used(["carryAgain"], in: "Sources/vpn-link/Verbs/Link.swift") == ["carryAgain"])
    #expect(try used(["Box", "box"], in: "Sources/vpn-link/Verbs/Reload.swift") == ["Box", "box"])
    #expect(try used(["carryAgain"], in: "Sources/vpn-link/Verbs/Wait.swift") == [])
  }
}
