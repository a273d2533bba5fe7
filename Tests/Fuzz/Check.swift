// What `vpn check` reads of the kernel's and other programs' texts.
import Diagnosis
import Foundation

/// - Parameter input: a NUL stands between texts: of /proc, of files in /etc, and what `ip -j` prints.
func tryCheck(_ input: [UInt8]) {
  let parts = input.split(separator: 0, omittingEmptySubsequences: false)
  for part in parts { tryTexts(String(decoding: part, as: UTF8.self)) }
  tryLists(parts.map { Data($0) })
}

private func tryTexts(_ text: String) {
  let process = ProcessStatus(text)
  _ = (process.user, process.groups, process.missingFromBoundingSet)
  let mounts = Mount.all(text)
  check(mounts.count <= text.utf8.count / 11, "more mounts than lines have room")
  if let mount = Mount.of("/run/netns/vpn-home", in: text) { check(mounts.contains(mount), "a mount that is not there") }
  for server in ResolverFacts.values(of: "nameserver", in: text) + ResolverFacts.hostsLine(text) {
    check(!server.isEmpty && !server.contains(where: \.isWhitespace), "a word with a blank")
  }
  _ = ProofFacts.counters(text)
  let view = InsideView(links: text, routes4: text, routes6: text, resolver: text, nsswitch: text, sockets: [], seesOutside: false)
  _ = ProofFacts.routedLinks(view)
  let (names, flags) = InstallationFacts.capabilities(text, of: "/usr/libexec/vpnrun/vpn-link")
  check(text.hasPrefix("/usr/libexec/vpnrun/vpn-link") || (names.isEmpty && flags.isEmpty), "another program's capabilities")
}

/// Rules, links, addresses, routes and chains, as far as they can be read, and what is found in them.
private func tryLists(_ texts: [Data]) {
  func first<Value: Decodable>(_: Value.Type) -> [Value] {
    for text in texts { if let found = try? JSONDecoder().decode([Value].self, from: text) { return found } }
    return []
  }
  let routes = first(RouteEntry.self)
  let addresses = first(AddressEntry.self)
  let foreign = ForeignSettings(addresses: addresses, routes: routes, programs: [(.dhcpcd, String(decoding: texts[0], as: UTF8.self))])
  let last = String(decoding: texts[texts.count - 1], as: UTF8.self)
  let host = HostFacts(
    links: first(LinkEntry.self), rules: [("-4", first(RuleEntry.self)), ("-6", first(RuleEntry.self))], settings: [:], pins: [],
    vpns: [], chains: first(FilterListing.Chain.self), legacyTables: last, networkManager: last, networkd: last, time: last,
    foreign: foreign, now: 1_800_000_000, installed: 1_700_000_000)
  for finding in host.findings { check(!finding.what.isEmpty && !finding.check.isEmpty) }
}
