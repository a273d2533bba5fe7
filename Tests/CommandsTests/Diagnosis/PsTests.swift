import FoundationEssentials
import LinuxSystem
import NetworkModel
import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

/// Against a /proc of a few files.
@Suite struct PsTests {
  let folder = TestFolder()
  private var table: ProcessTable { ProcessTable(folder: "\(folder.path)/proc", launcher: "/usr/lib/vpnrun/vpn-launch") }

  private func process(_ pid: Int, parent: Int, network: String?, uid: Int = 1000, command: String, name: String = "x", ticks: Int = 500) {
    folder.makeFolder("proc/\(pid)/ns")
    folder.makeFolder("proc/\(pid)/net")
    folder.write("proc/\(pid)/stat", "\(pid) (\(name)) S \(parent) 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 \(ticks) 0 0\n")
    folder.write("proc/\(pid)/status", "Name:\tx\nUid:\t0\t\(uid)\t0\t0\n")
    folder.write("proc/\(pid)/cmdline", command.isEmpty ? "" : command.replacing(" ", with: "\0") + "\0")
    folder.write("proc/stat", "cpu 1\nbtime 1700000000\n")
    guard let network else { return }
    try? FileManager.default.createSymbolicLink(atPath: "\(folder.path)/proc/\(pid)/ns/net", withDestinationPath: "net:[\(network)]")
    folder.write(
      "proc/\(pid)/net/fib_trie",
      """
      Main:
        +-- 0.0.0.0/0 3 0 5
           |-- 10.20.1.0
              /24 link UNICAST
      Local:
           |-- 10.20.1.2
              /32 host LOCAL
           |-- 10.20.1.255
              /32 link BROADCAST

      """)
    folder.write("proc/\(pid)/net/if_inet6", "fd76706e000100000000000000000002 02 40 00 80     eth0\n")
    folder.write("proc/\(pid)/net/sockstat", "sockets: used 9\nTCP: inuse 2 orphan 0 tw 0 alloc 1 mem 1\nUDP: inuse 0 mem 0\n")
    folder.write("proc/\(pid)/net/sockstat6", "TCP6: inuse 0\nUDP6: inuse 1\n")
    // What the kernel says is empty is not read: it takes long.
    folder.write("proc/\(pid)/net/udp", "  sl\n 1: 00000000:0045 0:0 07 0\n")
    folder.write(
      "proc/\(pid)/net/tcp",
      """
        sl  local_address rem_address   st
         0: 00000000:1F90 00000000:0000 0A 0
         1: 0201140A:C000 01010101:0050 01 0

      """)
    folder.write("proc/\(pid)/net/udp6", "  sl\n 1: 00000000000000000000000001000000:0035 0:0 07 0\n")
  }

  private func commands(uid: UInt32 = 1000) -> [CommandReport] {
    var vpn = Sample.home
    vpn.commands = [
      .init(address: "10.20.1.2", uid: 1000, pid: 40, command: "sh", rxBytes: 1_600_000, txBytes: 812),
      .init(address: "10.20.1.9", uid: uid, pid: 50, command: "evil\u{1b}", rxBytes: 0, txBytes: 0),
    ]
    return CommandReport.all([vpn], table, table.snapshot(), userName: Sample.userName)
  }

  private func tree() {
    process(40, parent: 1, network: "7", command: "sh -c x", name: "a) S (b")
    process(42, parent: 41, network: "7", uid: 4242, command: "", name: "kid")
    process(41, parent: 40, network: "7", command: "sleep 9", ticks: 1500)
    process(50, parent: 1, network: nil, uid: 4242, command: "secret --password", ticks: 2500)
    process(60, parent: 1, network: nil, command: "host")
  }

  @Test func processesOfANetwork() throws {
    tree()
    let all = commands(uid: 4242)
    let own = all[0]
    #expect(own.command == "sh -c x" && own.user == "alice" && own.started == 1_700_000_005)
    #expect(own.processes?.map(\.pid) == [40, 41, 42] && own.processes?.map(\.command) == ["sh -c x", "sleep 9", "(kid)"])
    #expect(own.ports == [.init(protocol: "udp", port: 53, address: "::1"), .init(protocol: "tcp", port: 8080, address: "0.0.0.0")])
    // Of others the name that the box has, and when a process of that number and user began.
    #expect(all[1].command == "evil\u{1b}" && all[1].processes == nil && all[1].ports == nil && all[1].started == 1_700_000_025)
    #expect(commands(uid: 1001)[1].started == nil)
  }

  @Test func byAnIPv6AddressAlone() {
    tree()
    #expect(table.addresses(of: 40) == ["10.20.1.2", "fd76:706e:1::2"])
    folder.write("proc/40/net/fib_trie", "")
    #expect(commands()[0].processes?.map(\.pid) == [40, 41, 42])
  }

  @Test func byAnIPv4AddressAlone() {
    tree()
    folder.write("proc/40/net/if_inet6", "")
    #expect(commands()[0].processes?.map(\.pid) == [40, 41, 42])
    // One that has the number of another, which is gone.
    folder.write("proc/40/net/fib_trie", "     |-- 10.20.1.3\n        /32 host LOCAL\n")
    #expect(commands()[0].processes == nil)
  }

  /// A leaf may have several lines, for networks of several sizes that start there.
  @Test func anAddressBelowAnother() {
    tree()
    let leaves = "  |-- 10.20.1.0\n    /24 link UNICAST\n    /32 host LOCAL\n  |-- 10.20.1.255\n    /32 link BROADCAST\n"
    folder.write("proc/40/net/fib_trie", leaves)
    #expect(table.addresses(of: 40, [.v4]) == ["10.20.1.0"])
  }

  @Test func aNetworkWithoutSockets() {
    tree()
    folder.write("proc/40/net/sockstat", "sockets: used 0\nTCP: inuse 0 orphan 0\n")
    #expect(commands()[0].ports == [])
    folder.write("proc/40/net/sockstat", "sockets: used 10\nTCP: inuse 0 orphan 0\n")
    #expect(commands()[0].ports?.map(\.port) == [53])
  }

  @Test func text() {
    tree()
    #expect(
      psText(commands(uid: 4242), now: 1_700_000_130, width: nil, .plain)
        == """
        VPN   ADDRESS    PID  USER   AGE  IN    OUT  PORTS            COMMAND
        home  10.20.1.2  40   alice  2m   1.5M  812  53/udp,8080/tcp  sh -c x
                         41   alice  1m                                 sleep 9
                         42   4242   2m                                   (kid)
        home  10.20.1.9  50   4242   1m   0     0    -                evil\\u{1b}

        """)
  }

  /// A browser's sandboxed processes have a network of their own; those of sudo cannot be looked at.
  @Test func processesThatAreNotShown() {
    tree()
    process(43, parent: 40, network: nil, command: "tab")
    process(44, parent: 43, network: nil, command: "tab")
    process(45, parent: 41, network: nil, uid: 0, command: "sudo x")
    process(61, parent: 60, network: nil, command: "host")
    let own = commands()[0]
    #expect(own.elsewhere == 3 && own.processes?.count == 3)
    let said = psText([own], now: 1_700_000_130, width: nil, .plain)
    #expect(said.hasSuffix("  + 3 processes not shown: in a network of their own, as a sandbox has it, or another user's\n"))
  }

  /// Beside a strict command are two more: they are known by the file that they execute, which their arguments do not tell.
  @Test(arguments: ["/usr/lib/vpnrun/vpn-launch", "/usr/lib/vpnrun/vpn-launch (deleted)"])
  func besideAStrictCommand(_ launcher: String) {
    let words = "/usr/lib/vpnrun/vpn-launch --environment=5 --strict home -- sleep 9"
    for pid in 40...41 { process(pid, parent: pid == 40 ? 1 : 40, network: "7", command: words, name: "vpn-launch") }
    process(42, parent: 40, network: "7", command: "sleep 9")
    // They only say that they are.
    process(43, parent: 42, network: "7", command: words, name: "vpn-launch")
    process(44, parent: 40, network: "7", command: words, name: "vpn-launch")
    for pid in 40...41 {
      try? FileManager.default.createSymbolicLink(atPath: "\(folder.path)/proc/\(pid)/exe", withDestinationPath: launcher)
    }
    let shown = commands()[0].processes
    #expect(shown?.map(\.pid) == [40, 42, 43, 44])
    #expect(shown?.map(\.command) == ["vpnrun --strict home -- sleep 9", "sleep 9", words, words])
  }

  @Test func theFirstProcessIsGone() {
    process(41, parent: 1, network: "7", command: "sleep 9")
    let report = commands()[0]
    #expect(report.pid == 40 && report.command == "sh" && report.started == nil && report.processes?.map(\.pid) == [41])
    let rows = psText([report], now: 1_700_000_010, width: nil, .plain).split(separator: "\n")
    #expect(rows.count == 3 && rows[1].contains(" 40 ") && rows[2].hasSuffix("  sleep 9"))
  }

  @Test func everyKeyIsThere() {
    let text = jsonText(Array(commands()[1...]), inOneLine: true)
    #expect(
      text == """
        [{"address":"10.20.1.9","attached":false,"command":"evil\\u001b","elsewhere":null,"forwarded":null,"inbound":[],"lan":[],"pid":50,"ports":null,"processes":null,"published":[],"rx_bytes":0,"started":null,\
        "tx_bytes":0,"uid":1000,"user":"alice","vpn":"home"}]

        """)
  }

  @Test func request() throws {
    folder.write("etc/home.conf", "")
    folder.program("vpn-link", "echo '[\(Sample.json("home"))]'")
    #expect(try PsRequest().perform(on: folder.installation, style: .plain) == Answer(notes: ["no command runs in a VPN"]))
    #expect(try PsRequest(name: "home").perform(on: folder.installation, style: .plain).notes == ["no command runs in home"])
    #expect(try PsRequest(json: true).perform(on: folder.installation, style: .plain) == Answer(text: "[\n\n]\n"))
    #expect(throws: Failure("there is no VPN 'hom'; did you mean 'home'?")) {
      try PsRequest(name: "hom").perform(on: folder.installation, style: .plain)
    }
  }
}
