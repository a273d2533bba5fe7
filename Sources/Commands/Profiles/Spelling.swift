/// Letters beside ASCII's as they are spelled with these, for names only: of the Latin alphabets without their marks, of Cyrillic as in passports,
/// of Greek as they sound.
enum Spelling {
  static func latin(_ c: Character) -> String? {
    if let known = letters[c] { return known }
    guard let small = c.lowercased().first, let known = letters[small] else { return nil }
    return known.prefix(1).uppercased() + known.dropFirst()
  }

  private static let letters: [Character: String] = {
    var letters: [Character: String] = [:]
    for (latin, all) in groups { for c in all { letters[c] = latin } }
    return letters
  }()

  private static let groups: [(latin: String, all: String)] = [
    ("a", "àáâãäåāăąаαά"), ("ae", "æ"), ("b", "бβ"), ("c", "çćĉċč"), ("d", "ďđдðδ"), ("e", "èéêëēĕėęěеэεέ"), ("f", "фφ"),
    ("g", "ĝğġģгґγ"),
    ("h", "ĥħ"), ("i", "ìíîïĩīĭįıиіїιίϊηή"), ("j", "ĵ"), ("k", "ķкκ"), ("l", "ĺļľŀłлλ"), ("m", "мμ"), ("n", "ñńņňнν"),
    ("o", "òóôõöøōŏőоοόωώ"),
    ("oe", "œ"), ("p", "пπ"), ("r", "ŕŗřрρ"), ("s", "śŝşšșсσς"), ("ss", "ß"), ("t", "ţťŧțтτ"), ("th", "þθ"), ("u", "ùúûüũūŭůűųуυύ"),
    ("v", "в"),
    ("w", "ŵў"), ("y", "ýÿŷйы"), ("z", "źżžзζ"), ("zh", "ж"), ("kh", "хχ"), ("ts", "ц"), ("ch", "ч"), ("sh", "ш"), ("shch", "щ"),
    ("yu", "ю"),
    ("ya", "я"), ("yo", "ё"), ("ye", "є"), ("ps", "ψ"), ("x", "ξ"), ("", "ъь"),
  ]
}
