internal import HelperWire
internal import NetworkModel
internal import NetworkPlan

/// As one of several plugins of a network: `"beside"` names the cluster's own networks, which stay with the link that a plugin before it has
/// made. Everything else of a pod goes by the VPN.
extension CNIRequest {
  /// By which a pod chooses its VPN.
  static let annotation = "vpnrun/vpn"
  /// To a plugin with this capability containerd hands a pod's annotations (its docs/cri/config.md; so does CRI-O).
  static let capability = "io.kubernetes.cri.pod-annotations"

  /// - Returns: `nil` for a plugin that is a network's only one.
  static func kept(_ config: JSONValue) throws(Problem) -> [Prefix]? {
    guard let beside = config["beside"] else { return nil }
    guard case .array(let elements) = beside, elements.count <= Attachment.keptCount else {
      throw Problem(.configuration, "beside must be a list of at most \(Attachment.keptCount) networks")
    }
    var networks: [Prefix] = []
    for element in elements {
      guard let text = element.string, let network = Prefix(text), Beside.isNetwork(network) else {
        throw Problem(.configuration, "beside: \(Beside.networkRule)")
      }
      networks.append(network.network)
    }
    return networks
  }

  /// The VPN's name as it was typed; `nil` for a pod that has chosen none, where not all have one.
  static func chosen(_ config: JSONValue, isBeside: Bool) -> String? {
    if !isBeside { return config["vpn"]?.string ?? config["name"]?.string ?? "" }
    return config["runtimeConfig"]?[capability]?[annotation]?.string ?? config["vpn"]?.string
  }

  /// What the plugins before it have made.
  static func previous(_ config: JSONValue) throws(Problem) -> JSONValue {
    guard let previous = config["prevResult"], !previous.isEmpty else {
      throw Problem(.configuration, "with `beside` another plugin must come first, whose result is prevResult: there is none")
    }
    return previous
  }

  /// That and what is the VPN's. The cluster's DNS servers stay.
  static func joined(_ previous: JSONValue, _ own: JSONValue) -> JSONValue {
    var result = previous
    let interfaces = previous["interfaces"]?.elements ?? []
    result["interfaces"] = .array(interfaces + (own["interfaces"]?.elements ?? []))
    let ips = (own["ips"]?.elements ?? []).map { ip in
      var ip = ip
      ip["interface"] = .integer(Int64(interfaces.count))
      return ip
    }
    result["ips"] = .array((previous["ips"]?.elements ?? []) + ips)
    result["routes"] = .array((previous["routes"]?.elements ?? []) + (own["routes"]?.elements ?? []))
    return result
  }

  /// Addresses of one link.
  static func addresses(of link: String, in result: JSONValue) -> [String] {
    let names = (result["interfaces"]?.elements ?? []).map { $0["name"]?.string }
    return (result["ips"]?.elements ?? []).compactMap { ip in
      guard let place = ip["interface"]?.number, names.indices.contains(Int(place)), names[Int(place)] == link else { return nil }
      return ip["address"]?.string
    }
  }
}
