/// What `vpn-link examine` answers of an attached namespace: what it has of that which `attach` gave.
///
/// | key | value |
/// |---|---|
/// | `label`, `link` | as what it is known, and how its port's other end is called there, or null where it was not looked into |
/// | `lost` | what its port lacks in the box, a few words each |
/// | `links` | others than that and `lo` |
/// | `filtered` | the filter there is as it was made |
/// | `up` | its link is up |
/// | `kept` | networks that its other links keep (`attach --beside`), or null |
public struct Examination: Sendable {
  public var label: String
  @Nullable public var link: String?
  public var lost: [String]
  public var links: [String] = []
  public var isFiltered = false
  public var isUp = false
  @Nullable public var kept: [String]?

  enum CodingKeys: String {
    case label, link, lost, links, kept
    case isFiltered = "filtered"
    case isUp = "up"
  }

  public init(label: String, lost: [String]) {
    self.label = label
    self.lost = lost
  }

  public var wire: String {
    func key(_ key: CodingKeys) -> String { key.rawValue }
    return JSON.object([
      (key(.label), JSON.string(label)), (key(.link), link.map { JSON.string($0) } ?? "null"), (key(.lost), JSON.strings(lost)),
      (key(.links), JSON.strings(links)), (key(.isFiltered), JSON.boolean(isFiltered)), (key(.isUp), JSON.boolean(isUp)),
      (key(.kept), kept.map { JSON.strings($0) } ?? "null"),
    ])
  }
}

#if !hasFeature(Embedded)
extension Examination.CodingKeys: CodingKey {}
extension Examination: Codable, Equatable {}
#endif
