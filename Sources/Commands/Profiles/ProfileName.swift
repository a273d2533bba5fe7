internal import ForeignProfiles
internal import LinuxSystem
internal import NetworkModel

/// The name of a VPN made from the name of its file. Room is short, and providers' names are long and alike: what tells servers apart is
/// kept, their numbers first.
enum ProfileName {
  /// `se-sto-wg-001.conf` becomes `se-sto-001`, `Mullvad SE (Stockholm).conf` becomes `Mullvad-SE`, `Женева.conf` becomes `Zheneva`.
  static func derived(from file: String) throws(Failure) -> VPNName {
    guard let name = VPNName(shortened(readable(stem(of: file)))) ?? unreadable(stem(of: file)) else { throw refusal(file) }
    return name
  }

  /// One for each of many: no two are one, also where large letters count as small. Decided by these names alone, so that importing them
  /// again gives the same.
  /// - Parameter files: names of files, or what they call themselves; `nil` in the answer for those which give none.
  static func derived(from files: [String]) -> [VPNName?] {
    var names = files.map { try? derived(from: $0) }
    for group in clashes(names) { apart(group, files, &names) }
    var taken = Set(names.indices.filter { i in !clashes(names).contains { $0.contains(i) } }.compactMap { names[$0].map(key) })
    for group in clashes(names) {
      for i in group {
        // The first keeps the name if no other has it.
        guard let name = names[i], !taken.insert(key(name)).inserted else { continue }
        names[i] = numbered("\(name)", besides: &taken)
      }
    }
    return names
  }

  /// Those of the names that are one, in order.
  private static func clashes(_ names: [VPNName?]) -> [[Int]] {
    var groups: [String: [Int]] = [:]
    for i in names.indices { if let name = names[i] { groups[key(name), default: []].append(i) } }
    return groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
  }

  private static func key(_ name: VPNName) -> String { name.description.lowercased() }

  /// What all of a group begin with is shortened, and the words in which they differ are kept.
  private static func apart(_ group: [Int], _ files: [String], _ names: inout [VPNName?]) {
    let all = group.map { words(readable(stem(of: files[$0]))) }
    let shared = zip(all.min { $0.count < $1.count } ?? [], 0...).prefix { word, n in all.allSatisfy { $0[n] == word } }.count
    let new = zip(group, all).map { i, words in
      let (beginning, end) = (words.prefix(shared).joined(separator: "-"), words.dropFirst(shared).joined(separator: "-"))
      return joined(beginning, end).flatMap { VPNName($0) } ?? names[i]
    }
    let others = Set(names.indices.filter { !group.contains($0) }.compactMap { names[$0].map(key) })
    guard new.allSatisfy({ $0.map { !others.contains(key($0)) } ?? true }) else { return }
    for (i, name) in zip(group, new) { names[i] = name }
  }

  private static func numbered(_ text: String, besides taken: inout Set<String>) -> VPNName? {
    for number in 2...99_999 {
      let end = "-\(number)"
      let name = VPNName(trimmed(text.prefix(VPNName.maximumLength - end.count)) + end)
      if let name, taken.insert(key(name)).inserted { return name }
    }
    return nil
  }

  private static func stem(of file: String) -> String {
    var text = file.split(separator: "/").last.map(String.init) ?? ""
    if let suffix = ImportFormat.suffixes.first(where: { text.lowercased().hasSuffix($0) }) { text.removeLast(suffix.count) }
    return text
  }

  private static func refusal(_ file: String) -> Failure {
    Failure("'\(printable(stem(of: file)))' gives no name for a VPN: add --name NAME (\(VPNName.rule))")
  }

  static func canSpell(_ text: String) -> Bool { VPNName(shortened(readable(text))) != nil }

  /// A word in letters that nothing here can spell.
  private static func unreadable(_ text: String) -> VPNName? { text.contains { $0.isLetter } ? VPNName("vpn") : nil }

  /// In letters that a name may have; all others become `-`.
  private static func readable(_ text: String) -> String {
    let spelled = text.reduce(into: "") { $0 += isAllowed($1) ? String($1) : Spelling.latin($1) ?? "-" }
    return String(spelled.split(separator: "-").joined(separator: "-").drop(while: isSeparator))
  }

  /// Every provider's file has them.
  private static let idle: Set<String> = ["wg", "wireguard", "vpn"]

  private static func words(_ text: String) -> [String] { text.split(separator: "-").map(String.init) }

  private static func shortened(_ text: String) -> String {
    guard text.count > VPNName.maximumLength else { return trimmed(text) }
    // A server's number is kept.
    guard let last = words(text).last, last.contains(where: \.isNumber), last.count <= 8 else {
      return cut(text, to: VPNName.maximumLength)
    }
    let telling = words(text).filter { !idle.contains($0.lowercased()) }
    let whole = telling.joined(separator: "-")
    guard whole.count > VPNName.maximumLength else { return trimmed(whole) }
    return joined(telling.dropLast().joined(separator: "-"), last) ?? cut(text, to: VPNName.maximumLength)
  }

  /// As much of the beginning as the end leaves room for.
  private static func joined(_ beginning: String, _ end: String) -> String? {
    let end = end.count > VPNName.maximumLength - 2 ? shortened(end) : end
    guard !end.isEmpty else { return beginning.isEmpty ? nil : cut(beginning, to: VPNName.maximumLength) }
    let start = cut(beginning, to: VPNName.maximumLength - end.count - 1)
    return start.isEmpty ? end : "\(start)-\(end)"
  }

  /// At the end of a word, if that leaves half of it.
  private static func cut(_ text: String, to length: Int) -> String {
    guard length > 0 else { return "" }
    var cut = text.prefix(length)
    if cut.endIndex < text.endIndex, !isSeparator(text[cut.endIndex]), let end = cut.lastIndex(where: isSeparator) {
      let words = cut[..<end]
      if words.count >= length / 2 { cut = words }
    }
    return trimmed(cut)
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    var text = String(text)
    while let last = text.last, isSeparator(last) { text.removeLast() }
    return text
  }

  private static func isAllowed(_ c: Character) -> Bool { c.isASCII && (c.isLetter || c.isNumber) || isSeparator(c) }
  private static func isSeparator(_ c: Character) -> Bool { c == "-" || c == "_" }
}

extension VPNName {
  /// Why the kernel or ip(8) would take it for something else: the beginning of a sentence. The folders of sysctls have `all` and `default`
  /// beside those of links, and every machine has `lo`.
  var isKernels: String? {
    switch description {
    case "all", "default": "'\(self)' stands for all network links, and no link can have that name"
    case "lo": "every machine has a network link 'lo' already"
    case "none": "'none' means no link to ip(8)"
    default: nil
    }
  }

  /// Another that says the same.
  var alternative: VPNName {
    let end = "-vpn"
    return VPNName(description.prefix(Self.maximumLength - end.count) + end) ?? self
  }
}
