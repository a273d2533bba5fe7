import NetworkModel
import NetworkPlan

let shell = Shell(box: "vpn-home", command: "COMMAND")

/// Steps as the lines which an administrator would type.
func text(_ steps: [Step]) -> String { steps.flatMap { $0.commandLines(shell) }.joined(separator: "\n") + "\n" }
