import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct KernelFactsTests {
  private let debian = KernelFacts(
    release: "6.12.48+deb13-amd64", modules: ["ipv6", "veth"],
    available:
      """
      kernel/net/bridge/bridge.ko.xz: kernel/net/llc/llc.ko.xz
      kernel/net/netfilter/nf_tables.ko.xz:
      kernel/drivers/net/wireguard/wireguard.ko.xz:

      """,
    hasWireGuardGo: false, hasTUN: true, maximumNamespaces: 15000, linked: [])

  private func bad(_ change: (inout KernelFacts) -> Void) -> [Finding] {
    var facts = debian
    change(&facts)
    return facts.findings.filter { $0.severity != .ok }
  }

  @Test func ordinary() { #expect(bad { _ in } == []) }

  @Test func wireGuard() {
    let missing = bad { $0.available = $0.available?.replacing("wireguard", with: "other") }
    #expect(missing.map(\.fix) == ["sudo apt install wireguard-go"])
    let userspace = bad {
      $0.available = $0.available?.replacing("wireguard", with: "other")
      $0.hasWireGuardGo = true
    }
    #expect(userspace.map(\.severity) == [.note])
    #expect(
      bad {
        $0.available = nil
        $0.modules = ["nf_tables", "bridge", "veth"]
        $0.hasWireGuardGo = true
        $0.hasTUN = false
      }.map(\.fix) == ["sudo modprobe tun"])
  }

  /// What is linked shows what works, whatever can be seen of modules.
  @Test func linked() {
    let found = bad {
      $0.available = ""
      $0.modules = []
      $0.linked = [Sample.home]
    }
    #expect(found == [])
  }

  @Test func modules() {
    #expect(bad { $0.available = "wireguard/wireguard.ko:" }.map(\.check) == ["nf_tables", "bridge"])
    #expect(bad { $0.available = nil }.map(\.severity) == [.problem, .note, .note])
  }

  @Test(arguments: [("6.11.0-rc1", ["landlock"]), ("5.10.0-33-amd64", ["landlock"]), ("6.12", []), ("7.0.1", []), ("strange", [])])
  func landlock(_ release: String, _ checks: [String]) { #expect(bad { $0.release = release }.map(\.check) == checks) }

  @Test func namespaces() {
    #expect(bad { $0.maximumNamespaces = 0 }.map(\.fix) == ["sudo sysctl -w user.max_net_namespaces=15000"])
    #expect(bad { $0.maximumNamespaces = 1 }.first?.what == "a user may have 1 network namespace only")
    #expect(bad { $0.maximumNamespaces = nil } == [])
  }
}
