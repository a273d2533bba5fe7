import FoundationEssentials
import Glibc
import LinuxSystem
import Testing

@testable import Commands
@testable import HelperWire

@Suite struct DesktopBadgeTests {
  let folder = TestFolder()
  private static let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 255]
  private let sample: String
  private static let icons = "icons/hicolor/scalable/apps"

  init() {
    folder.profile("home", id: 1)
    for part in ["home", "local/pixmaps", "system/applications"] { folder.makeFolder(part) }
    let program = folder.write("firefox-esr", "", executable: true)
    sample = DesktopSample.firefox.replacing("/usr/lib/firefox-esr/firefox-esr", with: program)
    folder.write("system/applications/firefox-esr.desktop", sample)
  }

  @discardableResult
  private func icon(_ name: String, _ bytes: [UInt8] = png) throws -> String {
    let path = "\(folder.path)/\(name)"
    try Files.makeFolders(path.folderPart)
    try Files.create(path, mode: 0o644, bytes)
    return path
  }

  private func add(_ title: String? = nil, _ application: String = "firefox-esr") throws -> Answer {
    try DesktopAddRequest(name: "home", application: application, title: title).perform(on: folder.installation, style: .plain)
  }

  private func remove() throws -> Answer { try DesktopRemoveRequest(name: "home").perform(on: folder.installation, style: .plain) }
  private func list() throws -> Answer { try DesktopListRequest().perform(on: folder.installation, style: .plain) }

  private var launcher: DesktopFile.Group? {
    folder.text(of: "home/applications/vpnrun-home-firefox-esr.desktop").flatMap { DesktopFile($0).entry }
  }

  private var badge: String { "\(folder.path)/home/\(Self.icons)/vpnrun-home-firefox-esr.svg" }

  // MARK: The text

  @Test func text() {
    let start = #"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="256" height="256""#
    #expect(
      Badge.text(Self.png, vpn: "home", application: "firefox") == """
        \(start) viewBox="0 0 64 64"><desc>
        # vpnrun: home firefox
        </desc>
        <image width="64" height="64" xlink:href="data:image/png;base64,iVBORw0KGgoA/w=="/>
        <circle cx="47" cy="47" r="15.5" fill="\(Badge.colour(of: "home"))" stroke="#ffffff" stroke-width="3"/>
        <text x="47" y="54.5" font-family="sans-serif" font-size="21" font-weight="bold" text-anchor="middle" fill="#ffffff">H</text>
        </svg>

        """)
    let svg = #"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>"#
    let encoded = Data(svg.utf8).base64EncodedString()
    #expect(Badge.text(Array(svg.utf8), vpn: "home", application: "x")?.contains("\"data:image/svg+xml;base64,\(encoded)\"/>") == true)
    for other in ["", "/* XPM */", "GIF89a", "\u{1f}\u{8b}"] {
      #expect(Badge.text(Array(other.utf8), vpn: "home", application: "x") == nil)
    }
  }

  @Test(
    "A name does not leave its place, and the file is known as ours",
    arguments: ["a]]>b", "a-->b</desc><script>", "\"&amp;'", "\u{1}\u{1b}[m", "a\nb"])
  func hostileNames(name: String) throws {
    let text = try #require(Badge.text(Self.png, vpn: "home", application: name))
    let lines = text.split(separator: "\n")
    #expect(lines.count == 7 && lines[2] == "</desc>")
    #expect(lines[1].unicodeScalars.allSatisfy { $0.value >= 0x20 && !"<>\"".unicodeScalars.contains($0) })
    #expect(lines[1].replacing("&amp;", with: "").replacing(#/&(lt|gt|quot);/#, with: "").contains("&") == false)
    let path = folder.write("badge.svg", text)
    #expect(OwnFile.isOurs(path, vpn: "home", application: name) == true)
    #expect(OwnFile.isOurs(path, vpn: "home", application: "other") == false)
  }

  @Test func hostileFiles() throws {
    try icon("system/icons/hicolor/48x48/apps/firefox-esr.png")
    folder.write("system/applications/a<&-->%1.desktop", sample)
    folder.write("system/applications/a\nExec=b.desktop", sample)
    _ = try add(nil, "a<&-->%1")
    #expect(folder.names(in: "home/\(Self.icons)") == ["vpnrun-home-a<&-->%1.svg"])
    #expect(try list().notes == [])
    let failure = #expect(throws: Failure.self) { try add(nil, "a\nExec=b") }
    #expect(failure?.lines.first?.hasSuffix("has a line break in its name: rename it") == true)
    _ = try remove()
    #expect(folder.names(in: "home") == [])
  }

  @Test("White on each colour is read easily: WCAG 2, 1.4.3") func contrast() {
    for colour in Badge.colours {
      let parts = [1, 3, 5].map { start -> Double in
        let value = Double(UInt8(colour.dropFirst(start).prefix(2), radix: 16) ?? 255) / 255
        return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
      }
      #expect(1.05 / (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] + 0.05) >= 4.5, "\(colour)")
    }
    #expect(Set(Badge.colours).count == Badge.colours.count)
  }

  @Test("A name keeps its colour") func colours() {
    #expect(["home", "work", "uni", "x"].map(Badge.colour) == ["#6a1b9a", "#b71c1c", "#9a5200", "#4527a0"])
    #expect(Set((0..<200).map { Badge.colour(of: "vpn\($0)") }).count == Badge.colours.count)
  }

  // MARK: The icon

  @Test("The size before the folder, PNG before SVG, the user's before the system's") func lookup() throws {
    let names = [
      "system/pixmaps/x.svg", "local/pixmaps/x.png", "local/icons/hicolor/48x48/apps/x.png", "local/icons/hicolor/64x64/apps/x.png",
      "system/icons/hicolor/scalable/apps/x.svg", "local/icons/hicolor/128x128/apps/x.png", "system/icons/hicolor/256x256/apps/x.svg",
      "system/icons/hicolor/256x256/apps/x.png", "local/icons/hicolor/256x256/apps/x.png", "home/icons/hicolor/256x256/apps/x.png",
    ]
    let files = try #require(folder.installation.desktop.files)
    try icon("local/icons/hicolor/16x16/apps/x.png")
    try icon("local/icons/hicolor/256x256/apps/x.xpm")
    #expect(files.icon("x") == nil)
    for name in names {
      let path = try icon(name)
      #expect(files.icon("x") == path)
    }
    #expect(files.icon("/opt/x.png") == "/opt/x.png")
    #expect(files.icon("../apps/x") == nil && files.icon("") == nil)
  }

  // MARK: The launcher

  @Test("Once more is the same, and remove leaves nothing") func thereAndBack() throws {
    try icon("system/icons/hicolor/128x128/apps/firefox-esr.png")
    let once = try add()
    let text = try #require(folder.text(of: "home/applications/vpnrun-home-firefox-esr.desktop"))
    #expect(launcher?["Icon"] == badge)
    #expect(folder.text(of: "home/\(Self.icons)/vpnrun-home-firefox-esr.svg")?.contains(">H</text>") == true)
    #expect(folder.mode(of: "home/\(Self.icons)/vpnrun-home-firefox-esr.svg") == 0o644)
    #expect(try add() == once)
    #expect(folder.text(of: "home/applications/vpnrun-home-firefox-esr.desktop") == text)
    #expect(try remove() == Answer(text: "Firefox ESR (home) is removed\n"))
    #expect(folder.names(in: "home") == [])
  }

  @Test("Replaced by one without an icon, none is left; in a path a backslash is one") func replaced() throws {
    let path = try icon(#"system/a \ b.png"#)
    let original = sample.replacing("Icon=firefox-esr\n", with: "Icon=\(path.replacing(#"\"#, with: #"\\"#))\nIcon[de]=x\n")
    folder.write("system/applications/firefox-esr.desktop", original)
    _ = try add()
    #expect(Files.exists(badge))
    #expect(launcher?.lines.contains(.entry(key: "Icon", locale: "de", value: badge)) == true, "also where it is translated")
    try Files.remove(path)
    #expect(try add().notes == [])
    #expect(!Files.exists(badge))
    #expect(launcher?["Icon"] == path.replacing(#"\"#, with: #"\\"#))
  }

  @Test("One as large as it may be is known as ours again; a larger one, or none of the two formats, stays") func limits() throws {
    let path = "system/pixmaps/firefox-esr.png"
    for (bytes, isTaken) in [
      (Self.png + [UInt8](repeating: 1, count: Badge.limit - Self.png.count), true),
      (Self.png + [UInt8](repeating: 1, count: Badge.limit - Self.png.count + 1), false), (Array("/* XPM */".utf8), false), ([], false),
    ] {
      try icon(path, bytes)
      _ = try add()
      #expect(Files.exists(badge) == isTaken)
      #expect(launcher?["Icon"] == (isTaken ? badge : "firefox-esr"))
      try Files.remove("\(folder.path)/\(path)")
    }
  }

  @Test("What another has made of it stays") func foreign() throws {
    try icon("system/pixmaps/firefox-esr.svg", Array("<svg/>".utf8))
    _ = try add()
    folder.write("home/\(Self.icons)/vpnrun-home-firefox-esr.svg", "<svg/>")
    let failure = #expect(throws: Failure.self) { try add() }
    #expect(failure?.lines.first == "vpn: \(badge) is there already, and not made here: remove it first")
    #expect(try remove().notes == ["\(badge) has been changed by another since: it stays"])
    #expect(folder.names(in: "home/\(Self.icons)") == ["vpnrun-home-firefox-esr.svg"])
  }

  @Test("A launcher whose icon is gone says how to have it again") func incomplete() throws {
    try icon("system/pixmaps/firefox-esr.png")
    _ = try add()
    #expect(try list().notes == [])
    try Files.remove(badge)
    #expect(try list().notes == ["a part of it is missing: `vpn desktop add home firefox-esr` makes it again"])
  }

  @Test("`always` keeps the application's icon") func always() throws {
    try icon("system/pixmaps/firefox-esr.png")
    _ = try DesktopAlwaysRequest(name: "home", application: "firefox-esr").perform(on: folder.installation, style: .plain)
    let text = try #require(folder.text(of: "home/applications/firefox-esr.desktop"))
    #expect(DesktopFile(text).entry?["Icon"] == "firefox-esr")
    #expect(folder.names(in: "home/icons") == [])
  }
}
