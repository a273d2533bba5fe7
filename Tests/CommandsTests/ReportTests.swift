import LinuxSystem
import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct ReportTests {
  @Test func everyKeyIsThere() {
    #expect(
      jsonText([.vpn(Sample.work), Sample.broken]) == """
        [
          {
            "addresses" : [
              "172.27.13.34/32"
            ],
            "allowed" : true,
            "autostart" : "no",
            "blocked" : false,
            "box" : true,
            "broken" : [

            ],
            "changed" : [

            ],
            "commands" : [

            ],
            "device" : null,
            "dns" : [

            ],
            "dns_in_force" : false,
            "endpoints" : [
              {
                "host" : "2001:db8::1",
                "port" : 51821
              }
            ],
            "exit_check" : null,
            "id" : 12,
            "inbound" : [

            ],
            "link" : null,
            "linked" : false,
            "lost" : false,
            "mtu" : null,
            "name" : "work",
            "networks" : [

            ],
            "outside_identity" : false,
            "peers" : [

            ],
            "relay" : [

            ],
            "scope" : "all",
            "search" : [

            ],
            "subnets" : [
              "10.20.12.0/24",
              "fd76:706e:c::/64"
            ],
            "taken_up" : false,
            "through" : null,
            "tunnel" : null,
            "up" : false,
            "warnings" : [

            ]
          },
          {
            "error" : "/etc/vpnrun/lab.conf:3:7: unknown key Adress; did you mean Address?",
            "name" : "lab"
          }
        ]

        """)
  }

  @Test func roundTripSortsByID() throws {
    let shuffled = [Sample.broken, .vpn(Sample.work), .vpn(Sample.home)]
    #expect(try read(jsonText(shuffled)).sorted() == Sample.all)
  }

  /// As the contract between vpn and vpn-link has it.
  @Test func decodesTheHelpersAnswer() throws {
    let json = """
      [{"name":"home","id":1,"addresses":["172.27.12.34/32"],"subnets":["10.20.1.0/24","fd76:706e:1::/64"],"dns":["172.27.12.1"],
      "search":["corp.example"],"endpoints":[{"host":"vpn.example.net","port":51820}],"linked":true,"changed":["DNS"],"allowed":false,"autostart":"link","up":true,"scope":"networks",
      "networks":["10.0.0.0/8"],"dns_in_force":true,"outside_identity":true,"device":"userspace","mtu":1420,"warnings":["no"],"exit_check":null,
      "inbound":["tcp/22"],"box":true,"taken_up":true,"tunnel":"down","broken":["lost"],"lost":false,"blocked":false,"relay":[],"link":null,"through":null,
      "peers":[{"public_key":"K=","endpoint":null,"latest_handshake":0,"rx_bytes":1,"has_route":true,"tx_bytes":2}],
      "commands":[{"address":"10.20.1.2","uid":1000,"pid":123,"command":"curl","attached":false,"inbound":[],"published":[],"lan":[],"forwarded":null,"rx_bytes":3,"tx_bytes":4}]},{"name":"x","error":"/etc/vpnrun/x.conf:3:7: no"}]
      """
    let reports = try read(json)
    guard case .vpn(let vpn) = reports.first else { throw Failure("no VPN") }
    #expect(vpn.device == .userspace && vpn.peers[0].endpoint == nil && vpn.peers[0].txBytes == 2 && vpn.commands[0].pid == 123)
    #expect(
      vpn.scope == .networks && vpn.networks == ["10.0.0.0/8"] && vpn.dnsInForce && vpn.outsideIdentity && !vpn.allowed
        && vpn.autostart == .link && vpn.warnings == ["no"])
    #expect(vpn.takenUp && vpn.tunnel == .down && vpn.broken == ["lost"] && vpn.peers[0].hasRoute)
    #expect(reports.last == .unreadable(name: "x", error: "/etc/vpnrun/x.conf:3:7: no"))
  }

  @Test func inOneLine() {
    let json = jsonText(Sample.all, inOneLine: true)
    #expect(json.hasSuffix("}]\n") && json.filter { $0 == "\n" }.count == 1)
  }

  @Test(arguments: ["", "[", "{}", "[{}]", #"[{"name":"x"}]"#])
  func nonsenseIsRefused(_ json: String) { #expect(throws: Failure.self) { try read(json) } }

  private func read(_ json: String) throws -> [Report] { try decoded(Array(json.utf8)) }
}
