import Foundation
import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct CheckTextTests {
  private let findings = [
    Finding(group: .installation, check: "mode", vpn: nil, severity: .ok, what: "all is well", why: nil, fix: nil),
    Finding(group: .dns, check: "doh", vpn: "home", severity: .note, what: "a note", why: "because", fix: nil),
    Finding(group: .host, check: "rules", vpn: nil, severity: .warning, what: "odd", why: "it may break", fix: "sudo fix it"),
    Finding(group: .proof, check: "links", vpn: "home", severity: .problem, what: "evil\u{1b}[2J", why: "it leaks", fix: nil),
  ]

  @Test func text() {
    #expect(
      checkText(findings, isVerbose: false, .plain) == """
        ok    all is well
        note  home: a note
        !     odd
                it may break
                fix: sudo fix it
        !!    home: evil\\u{1b}[2J
                it leaks
        1 problem, 1 warning.

        """)
    #expect(checkText(findings, isVerbose: true, .plain).contains("home: a note\n        because\n"))
    #expect(checkText([findings[0]], isVerbose: false, .terminal) == "\u{1b}[32mok  \u{1b}[0m  all is well\nNo problem found.\n")
  }

  /// Every key is always there, null for none.
  @Test func json() throws {
    let text = jsonText(findings)
    #expect(text.contains("\"vpn\" : null"))
    #expect(text.contains("\"fix\" : null"))
    #expect(try JSONDecoder().decode([Finding].self, from: Data(text.utf8)) == findings)
  }
}
