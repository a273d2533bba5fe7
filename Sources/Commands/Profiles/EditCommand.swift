internal import ArgumentParser
internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel
internal import Profile

struct EditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change a VPN's profile in an editor, and check it. Needs root.",
    discussion: """
      The editor is VISUAL or EDITOR, which sudo may remove, or `editor`. This also completes what `vpn new` has begun. With \
      KEY=VALUE no editor is opened: that key of [VPN], [Interface] or the only [Peer] gets the value, and KEY= removes it.
      """
        + examples(
          "sudo vpn edit home", "sudo vpn edit home Autostart=up DNS=192.0.2.53"))

  @OptionGroup var vpn: NameArgument

  @Argument(help: .init("Set a key without an editor: Autostart=up.", valueName: "key=value"))
  var changes: [String] = []

  func run() throws {
    let changes = try KeyChange.read(changes)
    try EditRequest(name: vpn.name, editor: Editor.current, asksAgain: Editor.question, changes: changes).run()
  }
}

struct EditRequest: CommandRequest {
  var name: String
  /// With its arguments; the file's path follows.
  var editor: [String]
  /// Whether to go on editing after a mistake was shown; `nil` where no person can be asked.
  var asksAgain: (() -> Bool)?
  /// Instead of what an editor would do.
  var changes: [KeyChange] = []

  /// Nothing is written unless all is well.
  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    try installation.requireRoot("editing a VPN", "edit \(name)")
    let folder = installation.profiles
    let name = try folder.findOrDraft(name)
    let before = try folder.contents(of: name)
    let draft = try folder.draft(of: name)
    guard let source = before ?? draft else { throw Failure("there is no VPN '\(name)' any more") }
    if !changes.isEmpty {
      let edited = try ProfileSource.setting(changes, in: source)
      return try settle(edited, name, before: before, on: installation, style)
    }
    // Ctrl-C is for the editor; the copy has keys in it, and goes in any case.
    let signal = Interrupt.ignore()
    defer { Interrupt.restore(signal) }
    let copy = try EditedCopy(of: source, name: name, in: installation.scratch)
    while true {
      let edited = try copy.edit(with: editor)
      guard edited != source else { return Answer(text: "nothing changed\n") }
      do throws(Failure) { return try settle(edited, name, before: before, on: installation, style) } catch {
        guard let asksAgain else { throw Failure(lines: error.lines + ["vpn: nothing is changed"]) }
        for line in error.lines { Output.standardError.say(line) }
        guard asksAgain() else { return Answer(text: "nothing changed\n") }
      }
    }
  }

  private func settle(
    _ edited: [UInt8], _ name: VPNName, before: [UInt8]?, on installation: Installation, _ style: Style
  ) throws(Failure) -> Answer {
    let folder = installation.profiles
    let file = folder.file(of: name)
    let profile: Profile
    do throws(ProfileErrors) { profile = try Profile.parse(edited) } catch { throw Failure(lines: error.lines(of: file)) }
    let lock = try folder.locked(name)
    guard try folder.contents(of: name) == before else { throw Failure("\(file) was changed by another program in the meantime") }
    if before == nil { try installation.refuseTaken(name, by: false, "`vpn remove \(name)` removes this draft") }
    var (neighbours, notes) = folder.neighbours(of: name)
    let plan = try ImportPlan(
      source: edited, profile: profile, name: name, id: nil, force: true, before: before, neighbours: neighbours,
      networks: installation.foreignNetworks(&notes), isUsed: installation.usesTable)
    try installation.refuseUnknownAccounts(profile)
    if plan.change != .none { try folder.write(plan.content, of: name, in: lock.descriptor) }
    if before == nil { try folder.removeDraft(of: name, in: lock.descriptor) }
    installation.nameTables()
    notes += plan.notes + profile.keyFileNotes + installation.keepContainers()
    return Answer(text: editText(plan, profile, isLinked: installation.isLinked(name), style), notes: notes)
  }
}

/// A profile where only root's editor sees it, and not on a disk; gone with its owner, with whatever the editor has put beside it.
struct EditedCopy: ~Copyable {
  private let folder: String
  private let file: String

  init(of content: [UInt8], name: VPNName, in scratch: String) throws(Failure) {
    let folder = try Failure.saying("cannot make a folder in \(scratch)") { () throws(SystemError) in
      try Files.makeTemporaryFolder("\(scratch)/vpnrun-edit.")
    }
    do throws(SystemError) {
      try FileDescriptor(creating: "\(name).conf", in: FileDescriptor(reading: folder), mode: 0o600).writeAll(content)
    } catch {
      Files.removeFolder(folder)
      throw Failure("cannot write a copy to \(folder): \(error.reason)")
    }
    file = "\(folder)/\(name).conf"
    self.folder = folder
  }

  deinit { Files.removeFolder(folder) }

  /// - Returns: what stands in it when the editor has ended.
  func edit(with editor: [String]) throws(Failure) -> [UInt8] {
    let program = editor[0]
    let ended: Child.Ended
    do throws(SystemError) {
      ended = try Child(program, editor.dropFirst() + [file], output: .inherited, environment: Child.ownEnvironment).run()
    } catch {
      guard error.isMissingFile else { throw Failure("cannot run \(printable(program)): \(error.reason)") }
      throw Failure("there is no editor '\(printable(program))': name one, as in `sudo EDITOR=nano vpn edit NAME`")
    }
    guard ended.how == .exit(0) else { throw Failure("\(printable(program)) failed; nothing is changed") }
    return try Failure.saying("cannot read what was edited") { () throws(SystemError) in
      try FileDescriptor(reading: file).readAll(limit: Profile.maximumSize)
    }
  }
}
