import Profile
import Testing

@Suite("Keys of other programs' files") struct ForeignKeyTests {
  /// Those of a file with these lines in [Interface].
  static func messages(_ interface: String, peer: String = "") -> [String] {
    do throws(ProfileErrors) {
      _ = try Profile.parse(Array(Sample.file(interface: interface, peer: peer).utf8))
      return []
    } catch { return error.errors.map(\.message) }
  }

  /// A sentence of its own, wherever it stands and however it is spelt; and nothing of its value.
  @Test(arguments: ForeignKeyOwner.allCases) func eachKeyIsNamed(owner: ForeignKeyOwner) {
    var sentences: Set<String> = []
    for key in owner.keys {
      for spelling in [key, key.lowercased(), key.uppercased(), " \(key) "] {
        for found in [Self.messages("\(spelling) = 4711secret"), Self.messages("", peer: "\(spelling) = 4711secret")] {
          #expect(found.count == 1, "\(key): \(found)")
          #expect(found[0].hasPrefix("\(key): a key of "), "\(found)")
          #expect(!found[0].contains("unknown") && !found[0].contains("4711"), "\(found)")
          sentences.insert(String(found[0].dropFirst(key.count)))
        }
      }
    }
    #expect(sentences.count == 1)
    for other in ForeignKeyOwner.allCases where other != owner {
      #expect(!Self.messages("\(other.keys[0]) = 1").contains { sentences.contains(String($0.dropFirst(other.keys[0].count))) })
    }
  }

  @Test func noKeyIsOfTwoProgramsOrOurs() {
    let all = ForeignKeyOwner.allCases.flatMap(\.keys).map { $0.lowercased() }
    #expect(Set(all).count == all.count)
    #expect(Set(all).isDisjoint(with: ProfileKey.allCases.map { $0.name.lowercased() }))
  }

  @Test func allOfOneProgramAreOneSentence() throws {
    let found = Self.messages("Jc = 4\nJmin = 40\nJmax = 70\nS1 = 0\nJc = 5", peer: "AdvancedSecurity = on")
    #expect(found.count == 1)
    #expect(found[0].hasPrefix("Jc, Jmin, Jmax, S1 and AdvancedSecurity: keys of AmneziaWG"), "\(found)")
    #expect(Self.messages("Jc = 4\nExcludedApplications = a.b", peer: "Reserved = 1,2,3").count == 3)
  }

  @Test func placeIsThatOfTheFirst() throws {
    let text = Array(Sample.file(interface: "  H1 = 1\nH2 = 2", peer: "", vpn: "").utf8)
    let errors = try #require(throws: ProfileErrors.self) { try Profile.parse(text) }
    #expect(errors.errors.map { [$0.line, $0.column] } == [[4, 3]])
    #expect(errors.errors[0].excerpt == nil)
  }

  static let url = "a URL; write the host and the port without the scheme, like vpn.example.net:51820"
  static let several = "more than one server, and a peer has one Endpoint; write one of them"
  static let protocols = "a protocol behind the port; WireGuard has only UDP: write the host and the port, like vpn.example.net:51820"
  static let encrypted =
    "DNS over TLS or QUIC, which glibc's resolver does not speak; write the server's address alone, the tunnel encrypts"

  @Test(
    "Values in other programs' notation",
    arguments: [
      ("Endpoint = udp://192.0.2.1:5", url), ("Endpoint = https://a.example:5/x", url), ("Endpoint = 192.0.2.1:5, 192.0.2.2:5", several),
      ("Endpoint = [2001:db8::1]:5,a.example:5", several), ("Endpoint = 192.0.2.1:5;192.0.2.2:5", several),
      ("Endpoint = 192.0.2.1:5:udp", protocols), ("Endpoint = a.example:5:TCP", protocols),
      ("Endpoint = [::ffff:192.0.2.1]:5", "an IPv4 address written as IPv6, to which no packet gets; write 192.0.2.1:5"),
      ("DNS = tls://dns.example", encrypted), ("DNS = dns+tls://9.9.9.9#dns.example", encrypted),
    ]) func notation(_ line: String, _ sentence: String)
  {
    let isOfPeer = line.hasPrefix("Endpoint")
    let found = Self.messages(isOfPeer ? "" : line, peer: isOfPeer ? line : "")
    // A comment begins at #.
    #expect(found == ["\(line.prefix { $0 != "#" }): \(sentence)"])
  }
}
