internal import NetworkModel
internal import Profile

struct ImportRequest: Request {
  /// `-` is standard input.
  var file: String
  var name: VPNName?
  var id: UInt8?
  var force = false

  /// Nothing is written unless all is well.
  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    guard installation.isRoot else { throw Failure("importing needs root: sudo vpn import \(printable(file))") }
    let source = try contents()
    let name = if let name { name } else { try ProfileName.derived(from: file) }
    let profile = try parsed(source)

    let folder = installation.profiles
    let lock = try folder.locked()
    let before = try folder.contents(of: name)
    if before == nil, !installation.pins.contains(name), File.exists("\(installation.links)/\(name)") {
      throw Failure("this machine has a network link '\(name)' already: choose another name with --name")
    }
    let (neighbours, notes) = folder.neighbours(of: name)
    let plan = try ImportPlan(
      source: source, profile: profile, name: name, id: id, force: force, before: before, neighbours: neighbours)
    if plan.change != .none { try folder.write(plan.content, of: name, in: lock) }
    if let written = try? Profile.parse(plan.content) { installation.tables.write(neighbours + [Neighbour(name: name, profile: written)]) }
    let text = importText(plan, profile, file: folder.file(of: name), isLinked: installation.pins.contains(name), style)
    return Answer(text: text, notes: notes)
  }

  private var shownFile: String { file == "-" ? "standard input" : printable(file) }

  private func contents() throws(Failure) -> [UInt8] {
    try Failure.saying("cannot read \(shownFile)") { () throws(SystemError) in
      let opened = file == "-" ? File.standardInput() : try File(reading: file)
      return try opened.bytes(limit: Profile.maximumSize)
    }
  }

  private func parsed(_ source: [UInt8]) throws(Failure) -> Profile {
    do throws(ProfileErrors) { return try Profile.parse(source) } catch {
      throw Failure(lines: error.errors.map { "\(shownFile):\($0)" })
    }
  }
}
