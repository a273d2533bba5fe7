import Foundation
import NetworkModel
import NetworkPlan
import TestSupport
import Testing

/// All that is done for a VPN, as command lines, compared with Snapshots/NAME.txt. To record one anew, delete the file and run the tests:
/// the run that writes it fails, so that nobody takes it for a comparison.
@Suite struct SnapshotTests {
  @Test(arguments: SampleVPN.all)
  func everyStep(sample: SampleVPN) throws {
    let vpn = sample.vpn
    let wide = sample.systemWide
    let sections: [(String, [Step])] = [
      ("The box", VPN.boxSettings), ("Its tunnel", [vpn.tunnel]), ("Or a userspace one", vpn.userspaceTunnel),
      ("Its keys and peers", [Step(.box, .configure(Names.tunnel, vpn.device))]), ("All else in it", vpn.boxSteps),
      ("The host's identity", vpn.identity.steps),
      (
        "Up",
        [wide.identity.remembering] + (vpn.takesQueries ? vpn.identity.queryRules : []).map { Step(.host, .addRule($0)) }
          + wide.steps(found: [], routes: [])
      ),
      ("Down", wide.identity.downSteps(found: wide.rules, routes: wide.routes) + [vpn.identity.remembering]),
      ("Away with it", vpn.identity.removalSteps),
      ("A command's port", [sample.facts.port(7, owner: 1000)]),
      ("A command's network", sample.facts.steps(7, of: vpn.name, alias: "uid=1000 pid=4242 curl")),
    ]
    var all = ""
    for (title, steps) in sections { all += (all.isEmpty ? "" : "\n") + "# \(title)\n" + text(steps) }
    all += "\n# The command's /etc/resolv.conf\n" + (sample.facts.resolvers.resolvConf ?? "")
    try compare(all, with: sample.description)
  }

  private func compare(_ text: String, with name: String) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Snapshots/\(name).txt")
    guard let recorded = try? String(contentsOf: file, encoding: .utf8) else {
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      Issue.record("recorded \(file.path): read it, then run the tests again")
      return
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let old = recorded.split(separator: "\n", omittingEmptySubsequences: false)
    for change in lines.difference(from: old) {
      switch change {
      case .insert(let offset, let line, _): Issue.record("\(name).txt:\(offset + 1) lacks: \(line)")
      case .remove(let offset, let line, _): Issue.record("\(name).txt:\(offset + 1) has: \(line)")
      }
    }
  }
}
