internal import NetworkModel
internal import Profile

/// What importing a file comes to: the VPN's ID, and the profile as it will stand in the folder.
struct ImportPlan: Equatable {
  enum Change { case new, replaced, none }

  var name: VPNName
  var id: UInt8
  var content: [UInt8]
  var change: Change

  /// - Parameters:
  ///   - id: asked for by the user. Otherwise the file's own, that of the profile to be replaced, or the lowest that is free.
  ///   - before: the profile of that name as it is now.
  ///   - neighbours: all others.
  init(
    source: [UInt8], profile: Profile, name: VPNName, id requested: UInt8?, force: Bool, before: [UInt8]?, neighbours: [Neighbour]
  ) throws(Failure) {
    let old = before.flatMap { before in (try? Profile.parse(before))?.id }
    if let id = requested ?? profile.id ?? old {
      if let problem = Self.problem(of: profile, as: id, among: neighbours) { throw problem }
      self.id = id
    } else {
      self.id = try Self.lowestFree(for: profile, among: neighbours)
    }
    self.name = name
    content = Profile.rewritten(source, id: id)
    change = before == nil ? .new : before == content ? .none : .replaced
    if change == .replaced, !force {
      throw Failure("there is a VPN '\(name)' already: --force replaces it, --name gives this one another name")
    }
    // What is written must be readable: nothing but our own mistake can fail here.
    do throws(ProfileErrors) { _ = try Profile.parse(content) } catch {
      throw Failure("cannot import as ID \(id): \(error.errors[0].message)")
    }
  }

  /// An ID is free when nobody has it, and the networks that come with it are free as well.
  private static func lowestFree(for profile: Profile, among neighbours: [Neighbour]) throws(Failure) -> UInt8 {
    var first: Failure?
    for id in Profile.identifiers where !neighbours.contains(where: { $0.profile.id == id }) {
      guard let problem = problem(of: profile, as: id, among: neighbours) else { return id }
      first = first ?? problem
    }
    throw first ?? Failure("all IDs from 1 to 99 are taken")
  }

  private static func problem(of profile: Profile, as id: UInt8, among neighbours: [Neighbour]) -> Failure? {
    if let taken = neighbours.first(where: { $0.profile.id == id }) {
      return Failure("ID \(id) is that of '\(taken.name)': choose another in [VPN] or with --id, or leave both out")
    }
    let claims = Claims(of: profile, id: id)
    if let sentence = claims.conflictWithin() { return Failure(sentence) }
    for neighbour in neighbours {
      if let sentence = claims.conflict(with: Claims(of: neighbour.profile, id: neighbour.profile.id), of: neighbour.name) {
        return Failure(sentence)
      }
    }
    return nil
  }
}

/// Another VPN's profile.
struct Neighbour {
  var name: VPNName
  var profile: Profile
}
