internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// What importing a file comes to: the VPN's ID, and the profile as it will stand in the folder.
struct ImportPlan: Equatable {
  enum Change { case new, replaced, none }

  var name: VPNName
  var id: UInt8
  var content: [UInt8]
  var change: Change
  /// What is good to know of its neighbourhood; also what is wrong there, if it was so before.
  var notes: [String] = []

  /// - Parameters:
  ///   - id: asked for by the user. Otherwise the file's own, that of the profile to be replaced, or the lowest that is free.
  ///   - before: the profile of that name as it is now.
  ///   - neighbours: all others.
  ///   - networks: in which this machine is.
  init(
    source: [UInt8], profile: Profile, name: VPNName, id requested: UInt8?, force: Bool, before: [UInt8]?, neighbours: [ProfileNeighbour],
    networks: [HostNetwork]
  ) throws(Failure) {
    let others = neighbours.map { Claims(of: $0) }
    let old = before.flatMap { try? Profile.parse($0) }.map { Claims(of: $0, name, id: $0.id) }
    let known = old?.conflicts(among: others, on: networks) ?? []
    let given = requested ?? profile.id ?? old?.id
    let choices = given.map { [$0] } ?? Profile.identifiers.filter { id in !others.contains { $0.id == id } }
    let candidates = choices.map { Claims(of: profile, name, id: $0) }
    let conflicts = candidates.map { $0.conflicts(among: others, on: networks) }
    let errors = zip(candidates, conflicts).map { claims, found in
      // A LAN may be so large that no ID is free of it.
      let lan = given == nil ? claims.conflicts(on: networks) : []
      return found.filter { $0.isError && !known.contains($0) && !lan.contains($0) }
    }
    // The lowest of those with which the least is wrong, and the least to be said.
    let weights = choices.indices.map { (errors[$0].count, conflicts[$0].count { $0.isError }, conflicts[$0].count) }
    guard let best = choices.indices.min(by: { weights[$0] < weights[$1] }) else { throw Failure("all IDs from 1 to 99 are taken") }
    guard errors[best].isEmpty else { throw Failure(lines: errors[best].map { "vpn: " + $0.sentence }) }

    self.name = name
    id = choices[best]
    content = Profile.rewritten(source, id: id)
    change = before == nil ? .new : before == content ? .none : .replaced
    if change != .none { notes = conflicts[best].map(\.sentence) }
    if change == .replaced, !force {
      throw Failure("there is a VPN '\(name)' already: --force replaces it, --name gives this one another name")
    }
    // What is written must be readable: nothing but our own mistake can fail here.
    do throws(ProfileErrors) { _ = try Profile.parse(content) } catch {
      throw Failure("cannot import as ID \(id): \(error.errors[0].message)")
    }
  }
}
