import LinuxSystem
import NetworkModel
import Profile
import TestSupport
import Testing

@testable import Commands

/// What `vpn export` writes for another program, `vpn import` makes the same profile of.
@Suite("Exported and imported again") struct ExportRoundTripTests {
  let folder = TestFolder()
  static let formats = ExportFormat.allCases.filter { $0 != .wireguard }

  init() {
    folder.makeFolder("keys")
    folder.write("keys/private", Keys.own.base64 + "\n")
    folder.write("keys/shared", Keys.preshared.base64)
    // Of two VRFs in Underlay, this machine has one.
    folder.program(
      "ip", #"[ "$6" = vrf-wan ] || exit 1; echo '[{"ifname":"vrf-wan","linkinfo":{"info_kind":"vrf","info_data":{"table":1000}}}]'"#)
  }

  private var installation: Installation {
    var installation = folder.installation
    installation.ip = "\(folder.path)/ip"
    return installation
  }

  /// - Returns: the profile that was exported, and the one that comes back.
  private func trip(_ text: String, _ format: ExportFormat, _ number: Int = 0) throws -> (Profile, Profile) {
    let text = text.replacing("/KEYS/", with: "\(folder.path)/keys/")
    folder.write("etc/home.conf", text)
    var before: Profile
    do throws(ProfileErrors) { before = try Profile.parse(Array(text.utf8)) } catch {
      Issue.record("not a profile: \(error.errors.map(\.message))\n\(text)")
      throw error
    }
    before.hooks = []
    let out = "\(folder.path)/out\(number)"
    folder.makeFolder("out\(number)")
    _ = try ExportRequest(name: "home", file: out, format: format).perform(on: installation, style: .plain)
    let names = folder.names(in: "out\(number)")
    let file = try #require(Self.first.lazy.compactMap { suffix in names.first { $0.hasSuffix(suffix) } }.first)
    let source = try ImportSource("\(out)/\(file)", in: .of("\(out)/\(file)"), installation)
    #expect(try source.derivedName(of: file).description == "home")
    return (before, try source.profile(.plain))
  }

  private static let first = [".netdev", ".nmconnection", ".interfaces", ".nix", ".conf"]

  /// Some combinations are refused: the generator knows not every rule.
  private static let profiles: [String] = (0..<600).map { GeneratedProfile(seed: $0).text }.filter { text in
    (try? Profile.parse(Array(text.replacing("/KEYS/", with: "/keys/").utf8))) != nil
  }

  private static let links: [String] = (0..<300).map { GeneratedProfile(byLink: $0).text }.filter { text in
    (try? Profile.parse(Array(text.utf8))) != nil
  }

  @Test("By another link", arguments: [ExportFormat.networkd, .ifupdownNG, .nixOS]) func links(_ format: ExportFormat) throws {
    for (n, text) in Self.links.enumerated() {
      do {
        let (before, after) = try trip(text, format, n)
        #expect(after == before, "\(n):\n\(text)")
      } catch let failure as Failure { Issue.record("\(n): \(failure.lines)\n\(text)") }
    }
  }

  @Test("There are enough of them") func count() {
    #expect(Self.profiles.count >= 150)
    #expect(Self.links.count >= 100)
    for key in ProfileKey.allCases where key != .preUp && key != .preDown && key != .postDown && key != .saveConfig {
      #expect(
        (Self.profiles + Self.links).contains { $0.contains("\n\(key.name) ") || $0.contains("\n\(key.name)=") },
        "no profile has \(key.name)")
    }
  }

  @Test("By files", arguments: formats) func files(_ format: ExportFormat) throws {
    for (n, text) in Self.profiles.prefix(25).enumerated() {
      do {
        let (before, after) = try trip(text, format, n)
        #expect(after == before, "\(n):\n\(text)")
      } catch let failure as Failure { Issue.record("\(n): \(failure.lines)\n\(text)") }
    }
  }

  /// A plan is refused that would not be read back as the same profile.
  @Test("By what is planned", arguments: formats) func plans(_ format: ExportFormat) throws {
    let (key, shared) = ("PrivateKey = \(Keys.own.base64)", "PresharedKey = \(Keys.preshared.base64)")
    for (n, text) in Self.profiles.enumerated() {
      let keyed = text.replacing(/PrivateKeyFile *= *\S+/, with: key).replacing(/PresharedKeyFile *= *\S+/, with: shared)
      let name = try #require(VPNName("home"))
      do {
        let plan = try ExportPlan(
          name, Array(text.utf8), keyed: Array((format == .nixOS ? text : keyed).utf8), as: format, table: { _ in n % 2 == 0 ? 1000 : nil })
        #expect(try !plan.losses.isEmpty || format == .nixOS || !Profile.parse(Array(keyed.utf8)).hasBox)
        let secrets = [Keys.own.base64, Keys.preshared.base64]
        if format == .nixOS { #expect(!secrets.contains { plan.files[0].text.contains($0) }, "a key for all to read") }
      } catch { Issue.record("\(n): \(error)\n\(text)") }
    }
  }
}
