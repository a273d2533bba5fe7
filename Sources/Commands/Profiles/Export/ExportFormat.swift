internal import ArgumentParser
internal import Diagnosis

/// What `vpn export` writes files for.
enum ExportFormat: String, CaseIterable, ExpressibleByArgument {
  /// wg-quick(8), and whatever else reads its files.
  case wireguard
  case networkd
  case ifupdownNG = "ifupdown-ng"
  case networkManager = "networkmanager"
  case nixOS = "nixos"

  /// For messages.
  var program: String {
    switch self {
    case .wireguard: "wg-quick"
    case .networkd: "systemd-networkd"
    case .ifupdownNG: "ifupdown-ng"
    case .networkManager: "NetworkManager"
    case .nixOS: "the NixOS module of vpnrun"
    }
  }

  /// What is typed once the files are written.
  /// - Parameters:
  ///   - paths: theirs.
  ///   - link: by which it goes, without a tunnel.
  ///   - isThere: whether the file of a path lies in a folder. To move one there would fail.
  func installing(_ name: String, _ paths: [String], link: String? = nil, isThere: (String, String) -> Bool) -> [String] {
    /// Nothing, of those that are there already.
    func move(_ paths: [String], to folder: String) -> String {
      let others = paths.filter { !isThere($0, folder) }
      return others.isEmpty ? "" : "sudo mv -t \(folder) " + others.map { "\(shellWord($0)) " }.joined() + "&& "
    }
    switch self {
    case .wireguard: return []
    case .networkd where link != nil:
      let folder = "/etc/systemd/network/FILE.network.d"
      let isInOne = paths.allSatisfy { $0.contains(".network.d/") }
      let moving = "sudo mkdir -p \(folder) && sudo mv -t \(folder) " + paths.map(shellWord).joined(separator: " ") + " && "
      return [
        (isInOne ? "" : moving) + "sudo networkctl reload",
        "(FILE.network is that of \(link ?? ""): networkctl status \(link ?? "") names it)",
      ]
    case .ifupdownNG where link != nil:
      return [
        move(paths, to: "/etc/network/interfaces.d") + "sudo ifdown \(link ?? ""); sudo ifup \(link ?? "")",
        "(/etc/network/interfaces reads that folder with: source-directory /etc/network/interfaces.d)",
      ]
    case .networkd: return [move(paths, to: "/etc/systemd/network") + "sudo networkctl reload"]
    case .ifupdownNG:
      return [
        move(Array(paths.suffix(1)), to: "/etc/wireguard") + move(Array(paths.prefix(1)), to: "/etc/network/interfaces.d")
          + "sudo ifup \(name)",
        "(/etc/network/interfaces reads that folder with: source-directory /etc/network/interfaces.d)",
      ]
    case .networkManager:
      return [move(paths, to: "/etc/NetworkManager/system-connections") + "sudo nmcli connection reload"]
    case .nixOS: return ["imports = [ ./\(name).nix ]; beside vpnrun's module, with programs.vpnrun.enable = true"]
    }
  }
}

/// A file that `vpn export` writes.
struct ExportedFile: Equatable {
  var name: String
  /// Line by line.
  var lines: [String]
  /// Another group than root's may read it.
  var group: String?

  var text: String { lines.map { $0 + "\n" }.joined() }
}

/// What a profile is for another program.
struct Exported: Equatable {
  /// The first one has the comments.
  var files: [ExportedFile]
  /// What the other program cannot do, or does in another way: sentences without a full stop.
  var losses: [String]
  /// What else there is to do or to know.
  var remarks: [String] = []
}
