internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// What importing a file comes to: the VPN's ID, and the profile as it will stand in the folder.
struct ImportPlan: Equatable {
  enum Change { case new, replaced, none }

  var name: VPNName
  /// `nil`: it gets one that is free when it is linked.
  var id: UInt8?
  var content: [UInt8]
  var change: Change
  /// What is good to know of its neighbourhood; also what is wrong there, if it was so before.
  var notes: [String] = []

  /// - Parameters:
  ///   - id: asked for by the user. Otherwise the file's own, that of the profile to be replaced, or the lowest that is free; none if the
  ///     profile to be replaced has none, or all that are given are taken.
  ///   - isUsed: whether another program has the table of that number.
  ///   - before: the profile of that name as it is now.
  ///   - neighbours: all others.
  ///   - networks: in which this machine is.
  init(
    source: [UInt8], profile: Profile, name: VPNName, id requested: UInt8?, force: Bool, before: [UInt8]?, neighbours: [ProfileNeighbour],
    networks: [HostNetwork], isUsed: (UInt8) -> Bool = { _ in false }
  ) throws(Failure) {
    let others = neighbours.map { Claims(of: $0) }
    let old = before.flatMap { try? Profile.parse($0) }.map { Claims(of: $0, name, id: $0.id) }
    let known = old?.conflicts(among: others, on: networks) ?? []
    let given = requested ?? profile.id ?? old?.id
    let isLeftWithout = given == nil && old != nil
    let free = isLeftWithout ? [] : Profile.givenIdentifiers.filter { id in !others.contains { $0.id == id } && !isUsed(id) }
    let choices: [UInt8?] = if let given { [given] } else if free.isEmpty { [nil] } else { free }
    var best: Choice?
    // The lowest of those with which the least is wrong, and the least to be said.
    for choice in choices {
      let claims = Claims(of: profile, name, id: choice)
      let conflicts = claims.conflicts(among: others, on: networks)
      // A LAN may be so large that no ID is free of it.
      let lan = given == nil ? claims.conflicts(on: networks) : []
      let found = Choice(id: choice, conflicts, errors: conflicts.filter { $0.isError && !known.contains($0) && !lan.contains($0) })
      if best.map({ found.weight < $0.weight }) ?? true { best = found }
      if conflicts.isEmpty { break }
    }
    guard let best else { throw Failure("no ID is free") }
    guard best.errors.isEmpty else { throw Failure(lines: best.errors.map { "vpn: " + $0.sentence }) }

    self.name = name
    id = best.id
    content = Profile.rewritten(source, id: id)
    change = before == nil ? .new : before == content ? .none : .replaced
    if change != .none { notes = best.conflicts.map(\.sentence) }
    if change == .replaced, !force {
      throw Failure("there is a VPN '\(name)' already: --force replaces it, --name gives this one another name")
    }
    // What is written must be readable: nothing but our own mistake can fail here.
    do throws(ProfileErrors) { _ = try Profile.parse(content) } catch {
      throw Failure("cannot import\(id.map { " as ID \($0)" } ?? ""): \(error.errors[0].message)")
    }
  }

  private struct Choice {
    var id: UInt8?
    var conflicts: [Conflict]
    var errors: [Conflict]
    var weight: (Int, Int, Int) { (errors.count, conflicts.count { $0.isError }, conflicts.count) }

    init(id: UInt8?, _ conflicts: [Conflict], errors: [Conflict]) {
      self.id = id
      self.conflicts = conflicts
      self.errors = errors
    }
  }
}
