public import HelperWire
internal import NetworkModel

/// What the kernel has, as far as everybody may see it.
public struct KernelFacts: Equatable, Sendable {
  /// /proc/sys/kernel/osrelease
  public var release: String
  /// Names in /sys/module: what is loaded, and some of what is built in.
  public var modules: Set<String>
  /// modules.builtin and modules.dep of this kernel, a path in each line; `nil`: not there, as in containers.
  public var available: String?
  public var hasWireGuardGo: Bool
  public var hasTUN: Bool
  /// /proc/sys/user/max_net_namespaces
  public var maximumNamespaces: Int?
  /// VPNs that are linked: they show what works.
  public var linked: [Report.VPN]

  public init(
    release: String, modules: Set<String>, available: String? = nil, hasWireGuardGo: Bool, hasTUN: Bool, maximumNamespaces: Int? = nil,
    linked: [Report.VPN]
  ) {
    self.release = release
    self.modules = modules
    self.available = available
    self.hasWireGuardGo = hasWireGuardGo
    self.hasTUN = hasTUN
    self.maximumNamespaces = maximumNamespaces
    self.linked = linked
  }
}

extension KernelFacts {
  public var findings: [Finding] {
    var found = Findings(.kernel)
    judgeWireGuard(&found)
    for (module, what) in [("nf_tables", "nftables"), ("bridge", "bridges"), ("veth", "virtual Ethernet pairs")] {
      switch linked.isEmpty ? has(module) : true {
      case true: found.ok(module, "the kernel has \(what)")
      case false:
        found.problem(
          module, "this kernel has no \(what)",
          why: "no box can be built without; the kernels of distributions have it", fix: "sudo apt install linux-image-amd64")
      case nil: found.note(module, "whether the kernel has \(what) shows when a VPN is linked")
      }
    }
    if let version = Self.version(release), version < (6, 12) {
      found.note(
        "landlock", "Linux \(version.0).\(version.1) cannot keep a command from tracing programs of its user outside; 6.12 can",
        why: "a command that does so on purpose can borrow their sockets")
    } else {
      found.ok("landlock", "Linux \(release) keeps commands from tracing programs outside")
    }
    if let maximum = maximumNamespaces, maximum < 64 {
      found.problem(
        "namespaces", "a user may have \(Words.count(maximum, "network namespace")) only", why: "each VPN and each command needs one",
        fix: "sudo sysctl -w user.max_net_namespaces=15000")
    } else {
      found.ok("namespaces", "there is room for network namespaces")
    }
    return found.all
  }

  private func judgeWireGuard(_ found: inout Findings) {
    let devices = linked.compactMap(\.device)
    if devices.contains(.kernel) || (devices.isEmpty && has("wireguard") == true) {
      found.ok("wireguard", "the kernel has WireGuard")
    } else if hasWireGuardGo, hasTUN {
      found.note(
        "wireguard", "the kernel has no WireGuard; wireguard-go does its work",
        why: "root must link a VPN once after each start of the system, with `sudo vpn link NAME`")
    } else if hasWireGuardGo {
      found.problem(
        "wireguard", "the kernel has neither WireGuard nor TUN devices", why: "wireguard-go needs /dev/net/tun", fix: "sudo modprobe tun")
    } else if devices.isEmpty {
      found.problem(
        "wireguard", "there is no WireGuard: not in the kernel, and no wireguard-go", why: "it is what the VPNs are made of",
        fix: "sudo apt install wireguard-go")
    }
  }

  /// `nil`: it cannot be known.
  private func has(_ module: String) -> Bool? {
    if modules.contains(module) { return true }
    guard let available else { return nil }
    // kernel/net/bridge/bridge.ko, or .ko.xz and the like; in modules.dep with a colon behind it.
    return available.contains("/\(module).ko")
  }

  public static func version(_ release: String) -> (Int, Int)? {
    let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
  }
}
