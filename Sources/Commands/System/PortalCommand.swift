internal import ArgumentParser
internal import Diagnosis
internal import LinuxSystem

struct PortalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "portal", abstract: "Open a network's login page outside, while the system is in a VPN.",
    discussion: "A browser of its own is started by vpnrun --direct --separate; everything else stays in the VPN."
      + examples(
        "vpn portal", "vpn portal http://192.168.1.1/"))

  @Argument(help: "The page, if you know it: a network answers any other with its own.")
  var url: String?

  func run() throws { throw try PortalRequest(url: url).become() }
}

struct PortalRequest {
  var url: String?

  /// By plain HTTP, so that a network can answer in its place; NetworkManager of Debian asks it for the same purpose.
  static let page = "http://network-test.debian.org/nm"
  /// Debian's alternative first. Those of which vpnrun knows how to separate them.
  static let browsers = [
    "x-www-browser", "firefox", "firefox-esr", "chromium", "google-chrome", "brave-browser", "epiphany-browser", "epiphany",
  ]

  /// - Returns: why not.
  func become() throws(Failure) -> Failure {
    let url = url ?? Self.page
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw Failure("'\(printable(url))' is no page: type `vpn portal http://…`, or nothing after portal", status: .usage)
    }
    guard let browser = Self.browsers.first(where: { Files.programBehind(Array($0.utf8)) != nil }) else {
      throw Failure("no browser is installed that can be started apart: firefox and chromium are two")
    }
    let installation = try Installation.current()
    return Failure("\(execute(words(installation.vpnrun, "--direct", "--separate", "--", browser, url)))")
  }

  private func words(_ words: String...) -> [[UInt8]] { words.map { Array($0.utf8) } }
}
