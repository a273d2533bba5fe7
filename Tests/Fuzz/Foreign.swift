// Connections of NetworkManager and devices of systemd-networkd, which `sudo vpn import` reads.
import ForeignProfiles
import Profile

/// - Parameter input: a file, or a .netdev and a .network with a NUL between them.
func tryForeign(_ input: [UInt8]) {
  let files = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
  _ = ImportFormat(of: input)
  _ = ForeignDocument(of: input)
  _ = ImportFormat.isOtherConnection(files[0], named: "x.nix")
  tryTranslation(of: [files[0]]) { () throws(ForeignErrors) in try NetworkManagerFile.translation(of: files[0]) }
  tryTranslation(of: files) { () throws(ForeignErrors) in
    try NetworkdFiles.translation(device: [files[0]], network: Array(files.dropFirst()))
  }
  tryTranslation(of: files) { () throws(ForeignErrors) in
    try InterfacesFile.translation(of: files[0], tunnel: files.count > 1 ? files[1] : [])
  }
  tryTranslation(of: [files[0]]) { () throws(ForeignErrors) in try LinkFile.translation(of: files[0]) }
  tryTranslation(of: [files[0]]) { () throws(ForeignErrors) in try NixFile.translation(of: files[0], files: [:]) }
}

private func tryTranslation(of files: [[UInt8]], _ body: () throws(ForeignErrors) -> Translation) {
  let translation: Translation
  do throws(ForeignErrors) { translation = try body() } catch {
    check(!error.problems.isEmpty)
    for problem in error.problems {
      check(!problem.sentence.utf8.hasControlCharacters, "a control character")
      checkPlace(problem.place, in: files)
    }
    return
  }
  let text = translation.text
  do throws(ProfileErrors) {
    let profile = try Profile.parse(text)
    // What another program has written does not say what is ours to say, and nothing of it is a command.
    let all = Array(files.joined())
    guard !all.contains(UInt8(ascii: "#")), !files.contains(where: NixFile.isOne),
      all.count(of: Array(NetworkManagerFile.carriedPrefix.utf8)) == 0
    else { return }
    check(profile.hooks.isEmpty && profile.id == nil && profile.direct.isEmpty && !profile.outsideIdentity, "more than was translated")
    check(profile.users.isEmpty && profile.groups.isEmpty && profile.autostart == .no && profile.privateKeyFile == nil)
  } catch {
    for error in error.errors { checkPlace(translation.place(line: error.line, column: error.column), in: files) }
  }
}

private func checkPlace(_ place: Word.Place, in files: [[UInt8]]) {
  check(files.indices.contains(place.file), "no such file")
  let lines = files[place.file].split(separator: 0x0a, omittingEmptySubsequences: false)
  check((1...lines.count).contains(place.line), "no such line")
  check((1...(lines[place.line - 1].count + 1)).contains(place.column), "beyond the line")
}
