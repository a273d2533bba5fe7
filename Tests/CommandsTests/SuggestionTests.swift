import Testing

@testable import Commands

@Suite struct SuggestionTests {
  @Test(arguments: [("hom", "home"), ("HOME", "home"), ("hmoe", "home"), ("wrok", "work"), ("wokr2", "work")])
  func near(_ typed: String, _ meant: String) {
    #expect(Suggestion.nearest(to: typed, among: ["home", "work", "mullvad-se"]) == meant)
  }

  @Test(arguments: ["", "x", "abc", "mullvad"])
  func far(_ typed: String) { #expect(Suggestion.nearest(to: typed, among: ["home", "work", "mullvad-se"]) == nil) }

  @Test(arguments: [("", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 1), ("same", "same", 0)])
  func distance(_ a: String, _ b: String, _ distance: Int) {
    #expect(Suggestion.distance(a, b) == distance)
    #expect(Suggestion.distance(b, a) == distance)
  }
}
