import Foundation
import NetworkModel
import NetworkPlan
import TestSupport
import Testing

/// That it does what the programs do is the lab's to show; here, that it has all their steps, is one that bash takes, and holds no secret.
@Suite struct ScriptTests {
  private func script(_ sample: SampleVPN) -> String {
    let vpn = sample.vpn
    var script = Script(vpn.name, slot: 7, ["What is planned."])
    script.link(vpn, vpn.identity, more: [])
    script.up(sample.systemWide.steps(found: [], routes: []))
    script.launch(sample.facts, slot: 7, hosts: "hosts: files dns")
    script.down(sample.systemWide.identity.downSteps(found: sample.systemWide.rules, routes: sample.systemWide.routes))
    script.unlink(vpn.identity, more: [])
    return script.text
  }

  @Test(arguments: SampleVPN.all)
  func hasEveryStep(sample: SampleVPN) {
    let vpn = sample.vpn
    let shell = Shell(box: "vpn-home", command: "vpnrun-home-v7", isScript: true)
    let steps =
      VPN.boxSettings + vpn.boxSteps + vpn.userspaceTunnel + vpn.identity.steps + sample.systemWide.steps(found: [], routes: []) + [
        sample.facts.port(7, owner: 0)
      ]
      + sample.facts.steps(7, of: vpn.name, alias: nil) + vpn.identity.removalSteps
    let text = script(sample)
    for line in steps.flatMap({ $0.commandLines(shell) }) { #expect(text.contains(line), "\(line)") }
  }

  @Test(arguments: SampleVPN.all)
  func bashTakesIt(sample: SampleVPN) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "vpnrun-script-\(UUID())")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(script(sample).utf8).write(to: file)
    let bash = Process()
    bash.executableURL = URL(fileURLWithPath: "/bin/bash")
    bash.arguments = ["-n", file.path]
    try bash.run()
    bash.waitUntilExit()
    #expect(bash.terminationStatus == 0)
  }

  @Test func readsKeysAsItRuns() throws {
    let secret = try #require(WireGuardKey(bytes: [UInt8](repeating: 0x5a, count: 32)))
    var sample = SampleVPN.both.vpn
    sample.device.privateKey = secret
    sample.device.peers[0].presharedKey = secret
    var script = Script(sample.name, slot: 2, [])
    script.link(sample, sample.identity, more: [])
    #expect(!script.text.contains(secret.base64))
    #expect(script.text.contains("private-key <(key 0 privatekey)"))
    #expect(script.text.contains("preshared-key <(key 1 presharedkey)"))
  }

  @Test func hostsLine() {
    #expect(hostsLineWithoutForeignResolvers(Array("passwd: files\nhosts: files resolve dns\n".utf8)) == "hosts: files dns")
    #expect(hostsLineWithoutForeignResolvers(Array("hosts: files dns\n".utf8)) == nil)
  }
}
