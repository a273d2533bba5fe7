internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

struct ImportRequest: CommandRequest {
  /// `-` is standard input.
  var file: String
  var name: VPNName?
  var id: UInt8?
  var force = false
  /// What stands in the file, where that has been read already.
  var source: ImportSource?

  /// What came of it.
  struct Outcome {
    var plan: ImportPlan
    var profile: Profile
    var notes: [String]
    /// The file's name, where that of the VPN is another.
    var origin: String?
  }

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let done = try outcome(on: installation, style)
    let isLinked = installation.isLinked(done.plan.name)
    let file = installation.profiles.file(of: done.plan.name)
    return Answer(text: importText(done.plan, done.profile, file: file, isLinked: isLinked, style), notes: done.notes)
  }

  /// Nothing is written unless all is well.
  func outcome(on installation: Installation, _ style: Style) throws(Failure) -> Outcome {
    guard installation.isRoot else { throw Failure("importing needs root: sudo vpn import \(printable(file))") }
    let source = if let source { source } else { try ImportSource(file, in: .of(file), installation, style) }
    let name = if let name { name } else { try source.derivedName(of: file) }
    if let reason = name.isKernels { throw Failure("\(reason): choose another name with --name, like --name \(name.alternative)") }
    let profile = try source.profile(style)

    let folder = installation.profiles
    let lock = try folder.locked(name)
    let before = try folder.contents(of: name)
    if before == nil, !installation.isLinked(name), Files.exists("\(installation.links)/\(name)") {
      throw Failure("this machine has a network link '\(name)' already: choose another name with --name, like --name \(name.alternative)")
    }
    if before == nil, let twin = name.twin(in: folder.names()) { throw Failure("\(twin) with --name") }
    var (neighbours, notes) = folder.neighbours(of: name)
    let plan = try ImportPlan(
      source: source.content, profile: profile, name: name, id: id, force: force, before: before, neighbours: neighbours,
      networks: installation.foreignNetworks(&notes), isUsed: installation.usesTable)
    try installation.refuseUnknownAccounts(profile)
    if plan.change != .none { try folder.write(plan.content, of: name, in: lock.descriptor) }
    if let written = try? Profile.parse(plan.content) {
      installation.tables.write(neighbours + [ProfileNeighbour(name: name, profile: written)])
    }
    let remarks = profile.remarks.map { "\(name): \($0)" }
    let kept = installation.keepContainers()
    return Outcome(plan: plan, profile: profile, notes: source.notes + notes + plan.notes + remarks + profile.keyFileNotes + kept)
  }
}
