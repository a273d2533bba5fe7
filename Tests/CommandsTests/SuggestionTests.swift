import Testing

@testable import Commands

@Suite struct SuggestionTests {
  @Test(arguments: [("hom", "home"), ("HOME", "home"), ("hmoe", "home"), ("wrok", "work"), ("wokr2", "work")])
  func near(_ typed: String, _ meant: String) {
    #expect(Suggestion.nearest(to: typed, among: ["home", "work", "mullvad-se"]) == meant)
  }

  @Test(arguments: ["", "x", "abc", "mullvad"])
  func far(_ typed: String) { #expect(Suggestion.nearest(to: typed, among: ["home", "work", "mullvad-se"]) == nil) }
}
