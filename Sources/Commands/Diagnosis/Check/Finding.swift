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
/// | `fix` | the command that fixes it, to be typed into a shell, or null |
struct Finding: Codable, Equatable, Sendable {
  enum Group: String, Codable, Sendable { case installation, kernel, profile, tunnel, dns, host, proof }
  enum Severity: String, Codable, Sendable { case ok, note, warning, problem }

  var group: Group
  var check: String
  @Nullable var vpn: String?
  var severity: Severity
  var what: String
  @Nullable var why: String?
  @Nullable var fix: String?
}

/// Findings of one group in the making.
struct Findings {
  var group: Finding.Group
  var vpn: String?
  private(set) var all: [Finding] = []

  init(_ group: Finding.Group, vpn: String? = nil) {
    self.group = group
    self.vpn = vpn
  }

  mutating func ok(_ check: String, _ what: String) { add(.ok, check, what, nil, nil) }
  mutating func note(_ check: String, _ what: String, why: String? = nil, fix: String? = nil) { add(.note, check, what, why, fix) }
  mutating func warning(_ check: String, _ what: String, why: String, fix: String?) { add(.warning, check, what, why, fix) }
  mutating func problem(_ check: String, _ what: String, why: String, fix: String?) { add(.problem, check, what, why, fix) }

  private mutating func add(_ severity: Finding.Severity, _ check: String, _ what: String, _ why: String?, _ fix: String?) {
    all.append(Finding(group: group, check: check, vpn: vpn, severity: severity, what: what, why: why, fix: fix))
  }
}
