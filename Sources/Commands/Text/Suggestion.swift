internal import NetworkModel

/// "Did you mean …?"
enum Suggestion {
  /// The candidate nearest to what was typed, when it is near enough to have been meant.
  static func nearest(to typed: String, among candidates: [String]) -> String? {
    NetworkModel.nearest(to: typed.utf8, of: candidates) { $0 }
  }
}
