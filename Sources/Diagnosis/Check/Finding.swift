public import HelperWire

/// What `vpn check` has found about one thing. `vpn check --json` prints an array of these, in the order in which they were found. Keys
/// are added in later versions, never renamed or removed; every key is always there.
///
/// | key | value |
/// |---|---|
/// | `group` | `"installation"`, `"kernel"`, `"profile"`, `"tunnel"`, `"dns"`, `"host"` or `"proof"` |
/// | `check` | what was looked at, a word that stays the same: `"capabilities"` |
/// | `vpn` | of which VPN, or null |
/// | `severity` | `"ok"`, `"note"` (worth knowing), `"warning"` (may become a problem), `"problem"` (something does not work, or leaks) |
/// | `what` | what is so, a sentence without its full stop |
/// | `why` | why that matters, or null |
/// | `fix` | what fixes it: a command for a shell, in words where it depends on how vpnrun was installed, or null |
public struct Finding: Codable, Equatable, Sendable {
  public enum Group: String, Codable, Sendable { case installation, kernel, profile, tunnel, dns, host, proof }
  public enum Severity: String, Codable, Sendable { case ok, note, warning, problem }

  public var group: Group
  public var check: String
  @Nullable public var vpn: String?
  public var severity: Severity
  public var what: String
  @Nullable public var why: String?
  @Nullable public var fix: String?
}

/// Findings of one group in the making.
public struct Findings {
  public var group: Finding.Group
  public var vpn: String?
  public private(set) var all: [Finding] = []

  public init(_ group: Finding.Group, vpn: String? = nil) {
    self.group = group
    self.vpn = vpn
  }

  public mutating func ok(_ check: String, _ what: String) { add(.ok, check, what, nil, nil) }
  public mutating func note(_ check: String, _ what: String, why: String? = nil, fix: String? = nil) { add(.note, check, what, why, fix) }
  public mutating func warning(_ check: String, _ what: String, why: String, fix: String?) { add(.warning, check, what, why, fix) }
  public mutating func problem(_ check: String, _ what: String, why: String, fix: String?) { add(.problem, check, what, why, fix) }

  private mutating func add(_ severity: Finding.Severity, _ check: String, _ what: String, _ why: String?, _ fix: String?) {
    all.append(Finding(group: group, check: check, vpn: vpn, severity: severity, what: what, why: why, fix: fix))
  }
}

/// What brings back a part of the installation, however it came.
public let installAgain = "install vpnrun's package again, or: sudo make install"
