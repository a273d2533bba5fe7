internal import LinuxSystem

/// A sentence on the user's screen, by whatever shows one: a notice, or a window.
struct ScreenMessage {
  var desktop: DesktopSession

  /// - Parameter button: besides the one that closes it.
  /// - Returns: whether that was clicked on.
  func show(title: String, _ text: String, button: String?) -> Bool {
    for way in Self.ways {
      guard let program = desktop.path(of: way.program) else { continue }
      let child = Child(program, way.words(title, text, button), output: .capturedWithoutErrors, environment: desktop.environment)
      guard let ended = try? child.run() else { continue }
      if let isChosen = way.isChosen(ended, button != nil) { return isChosen }
    }
    return false
  }

  private struct Way {
    var program: String
    var words: (_ title: String, _ text: String, _ button: String?) -> [String]
    /// `nil`: it has shown nothing.
    var isChosen: (_ ended: Child.Ended, _ hasButton: Bool) -> Bool?
  }

  private static var ways: [Way] {
    [
      // It fails where no program shows notices.
      Way(
        program: DesktopSession.notifier,
        words: { title, text, button in
          ["--app-name=vpn", "--icon=network-vpn", "--urgency=critical"] + (button.map { ["--action=do=\($0)"] } ?? [])
            + ["--", title, noticeText(text)]
        }, isChosen: { ended, _ in ended.how == .exit(0) ? String(decoding: ended.output, as: UTF8.self).trimmed == "do\n" : nil }),
      Way(
        program: "zenity",
        words: { title, text, button in
          (button.map { ["--question", "--ok-label=\($0)", "--cancel-label=Close"] } ?? ["--error"])
            + ["--no-markup", "--width=480", "--title=\(title)", "--text=\(text)"]
        }, isChosen: chosenByStatus),
      Way(
        program: "kdialog",
        words: { title, text, button in
          ["--title", title] + (button.map { ["--yesno", text, "--yes-label", $0, "--no-label", "Close"] } ?? ["--error", text])
        }, isChosen: chosenByStatus),
      Way(
        program: "xmessage",
        words: { title, text, button in
          ["-center", "-buttons", (button.map { "\($0):0," } ?? "") + "Close:1", "\(title): \(text)"]
        }, isChosen: chosenByStatus),
    ]
  }

  /// 0 for the button, 1 for the other one and for a closed window; anything else: there is no display.
  private static func chosenByStatus(_ ended: Child.Ended, _ hasButton: Bool) -> Bool? {
    switch ended.how {
    case .exit(0): hasButton
    case .exit(1): false
    default: nil
    }
  }
}

/// As notify-send(1) is given a text that is to be shown as it is: notices may have markup, and `\` begins a character by its number, which
/// could be no UTF-8; then it shows nothing.
func noticeText(_ text: String) -> String {
  text.map { c in
    switch c {
    case "&": "&amp;"
    case "<": "&lt;"
    case ">": "&gt;"
    case "\\": "\\\\"
    default: String(c)
    }
  }.joined()
}
