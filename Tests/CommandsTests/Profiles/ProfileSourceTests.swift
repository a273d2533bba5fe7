import NetworkModel
import Profile
import Testing

@testable import Commands

@Suite struct ProfileSourceTests {
  private static let secret = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
  private static let key = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="

  private func shown(_ text: String, secrets: Bool = false) -> String { ProfileSource(Array(text.utf8)).text(secrets: secrets) }
  private func exported(_ text: String) -> String { String(decoding: ProfileSource(Array(text.utf8)).forWGQuick, as: UTF8.self) }

  @Test(arguments: [
    ("PrivateKey = \(secret)", "PrivateKey = (hidden)"), ("private key=\(secret) # of \(secret)", "private key=(hidden)"),
    ("PresharedKey=abc#def", "PresharedKey=(hidden)"), ("PublicKey = \(key) # was \(secret)", "PublicKey = \(key) # was (hidden)"),
    ("# PrivateKey = \(secret)", "# PrivateKey = (hidden)"), ("PrivatKey = abc", "(hidden)"),
    ("PrivateKey \(secret)", "(hidden)"),
    ("PostUp = wg set %i private-key <(echo \(secret))", "PostUp = wg set %i private-key <(echo (hidden))"),
    ("Address = 10.0.0.2/32 # mine", "Address = 10.0.0.2/32 # mine"), ("[Peer] # \(key)", "[Peer] # (hidden)"),
    ("PrivateKeyFile = /run/secrets/wireguard/home/private/keys", "PrivateKeyFile = /run/secrets/wireguard/home/private/keys"),
    ("presharedkeyfile=/\(secret)", "presharedkeyfile=(hidden)"),
    ("PrivateKeyFile = abc # \(secret)", "PrivateKeyFile = (hidden) # (hidden)"),
    ("PrivateKey yAnz5TF=", "(hidden)"), ("PrivateKey =", "PrivateKey ="),
    ("\tEndpoint = a.example:1", "\tEndpoint = a.example:1"), ("# \u{1b}[2J", "# \\u{1b}[2J"),
  ])
  func hidden(_ line: String, _ expected: String) {
    #expect(shown("[Interface]\r\n\(line)\r\n") == "[Interface]\n\(expected)\n")
    #expect(shown("\u{feff}\(line)") == "\(expected)\n")
  }

  @Test func secrets() {
    #expect(shown("PrivateKey = \(Self.secret) # x\nnonsense", secrets: true) == "PrivateKey = \(Self.secret) # x\nnonsense\n")
  }

  @Test func withoutOurSection() {
    #expect(exported("[VPN]\nID = 7\n\n# Office\n[Interface] # mine\nA = 1\n") == "# Office\n[Interface] # mine\nA = 1\n")
    #expect(exported("# Top\n[ vpn ]\n# of the ID\nID = 7\n[Interface]\n\n\nA = 1") == "# Top\n[Interface]\n\nA = 1\n")
    #expect(
      exported("[Interface]\r\nA = 1\r\n\r\n[VPN] # ours\r\n[Peer]\r\n[VPN]\r\nID=1\r\n# end") == "[Interface]\nA = 1\n\n[Peer]\n# end\n")
  }
}
