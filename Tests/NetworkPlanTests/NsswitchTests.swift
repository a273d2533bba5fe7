import NetworkPlan
import Testing

private func rewritten(_ text: String) -> String? {
  nsswitchWithoutForeignResolvers(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
}

@Suite struct NsswitchTests {
  @Test(
    "Services that ask somebody else than DNS go, with what stands behind them",
    arguments: [
      ("hosts: files mdns4_minimal [NOTFOUND=return] dns", "hosts: files dns"),
      ("hosts: files myhostname resolve [!UNAVAIL=return] dns", "hosts: files myhostname dns"),
      ("hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns", "hosts: files myhostname dns"),
      ("hosts:\tfiles\tmdns\tdns", "hosts: files dns"), ("  hosts: files wins dns", "hosts: files dns"),
      ("hosts: resolve [!UNAVAIL=return]", "hosts: dns"), ("hosts: files resolve", "hosts: files dns"),
      ("hosts:files sss dns", "hosts: files dns"), ("hosts: dns [NOTFOUND=return] files", "hosts: dns files"),
      ("hosts: files resolve # resolve first", "hosts: files dns"), ("hosts: files [ NOTFOUND = return ] dns", "hosts: files dns"),
    ])
  func line(text: String, expected: String) {
    for (before, after) in [("", ""), ("passwd: files systemd\n# hosts: resolve\n", "\nnetworks: files resolve")] {
      let new = rewritten(before + text + after)
      #expect(new?.hasPrefix(before + expected) == true, "\(new ?? "nil")")
      #expect(new?.contains("networks: files resolve") == !after.isEmpty)
    }
  }

  @Test(
    "A file that needs no change",
    arguments: [
      "", "\n", "hosts: files dns", "hosts: files dns\n", "hosts:\tfiles myhostname dns # resolve was here\n", "passwd: files systemd\n",
      "# hosts: files resolve\n", "#hosts: resolve", "networks: files resolve\n", "xhosts: resolve\n",
    ])
  func unchanged(text: String) { #expect(rewritten(text) == nil) }

  @Test("Other lines stay as they are, byte by byte") func others() {
    let text = "# comment\n\npasswd:\tfiles  systemd\nhosts: resolve dns\n\u{fc}: x\nshadow: files"
    #expect(rewritten(text)?.hasPrefix("# comment\n\npasswd:\tfiles  systemd\nhosts: dns\n\u{fc}: x\nshadow: files") == true)
  }

  @Test("Nothing is added at the end") func end() {
    #expect(rewritten("hosts: resolve dns\n") == "hosts: dns\n")
  }

  @Test("Done twice is done once", arguments: ["hosts: resolve", "hosts: files mdns4 [NOTFOUND=return] dns\nhosts: resolve\n"])
  func twice(text: String) throws {
    let once = try #require(rewritten(text))
    #expect(rewritten(once) == nil)
  }
}
