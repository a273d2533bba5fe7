// What `sudo vpn edit NAME KEY=VALUE…` makes of a file and of its words.
import LinuxSystem
import NetworkModel
import Profile

/// In the words of its failures.
enum Tool { static let name = "vpn" }

/// - Parameter input: a file, and words; a NUL before each.
func tryEdit(_ input: [UInt8]) {
  let parts = input.split(separator: 0, omittingEmptySubsequences: false)
  let words = parts.dropFirst().map { String(decoding: $0, as: UTF8.self) }
  let file = Array(parts[0])
  do throws(Failure) {
    let changes = try KeyChange.read(words)
    let changed = try ProfileSource.setting(changes, in: file)
    // A line that ends in CR after its end was taken off is refused in any profile.
    if !changed.contains(0x0d) { check(try ProfileSource.setting(changes, in: changed) == changed, "set twice, another file") }
    checkValues(changes, in: changed)
    checkOthers(changes, before: file, after: changed)
  } catch {
    for line in error.lines { check(!line.utf8.hasControlCharacters, "a control character") }
    for secret in secrets(in: input) { check(error.lines.allSatisfy { Array($0.utf8).count(of: secret) == 0 }, "a secret is told") }
  }
}

/// Each key stands once with its value, or not at all.
private func checkValues(_ changes: [KeyChange], in file: [UInt8]) {
  let source = ProfileSource(file)
  for change in changes {
    let found = source.values(of: change.key)
    guard let value = change.value else {
      check(found.isEmpty, "\(change.key.name) is still there")
      continue
    }
    // Blanks at the end of a line belong to no value.
    let blank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let expected = Array(value.utf8.drop(while: blank).reversed().drop(while: blank).reversed())
    check(found == [expected], "\(change.key.name) has another value")
  }
}

/// What was not asked for stays as it is.
private func checkOthers(_ changes: [KeyChange], before: [UInt8], after: [UInt8]) {
  let (before, after) = (ProfileSource(before), ProfileSource(after))
  for key in ProfileKey.allCases where !changes.contains(where: { $0.key == key }) {
    check(before.values(of: key) == after.values(of: key), "\(key.name) was changed")
  }
}

extension ProfileSource {
  fileprivate func values(of key: ProfileKey) -> [[UInt8]] {
    lines.compactMap { line in
      guard case .key(key, let value) = line.content, line.section == key.section else { return nil }
      return Array(value)
    }
  }
}
