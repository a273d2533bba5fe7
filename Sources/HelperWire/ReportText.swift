// How vpn-link writes reports: `Codable` needs more of Swift than it has.

extension Report {
  /// A line of what vpn-link says, and all lines together are all reports.
  public static func wire(_ reports: [Report]) -> String { JSON.array(reports.map { $0.json }) }

  private var json: String {
    switch self {
    case .vpn(let vpn): vpn.json
    case .unreadable(let name, let error, let blocked):
      JSON.object([
        (CodingKeys.name.rawValue, JSON.string(name)), (CodingKeys.error.rawValue, JSON.string(error)),
        (CodingKeys.blocked.rawValue, JSON.boolean(blocked)),
      ])
    }
  }
}

extension Report.VPN {
  fileprivate var json: String {
    func key(_ key: CodingKeys) -> String { key.rawValue }
    return JSON.object([
      (key(.name), JSON.string(name)), (key(.id), id.map { "\($0)" } ?? "null"), (key(.addresses), JSON.strings(addresses)),
      (key(.subnets), JSON.strings(subnets)), (key(.dns), JSON.strings(dns)), (key(.search), JSON.strings(search)),
      (key(.endpoints), JSON.array(endpoints.map { $0.json })), (key(.linked), JSON.boolean(linked)), (key(.up), JSON.boolean(up)),
      (key(.takenUp), JSON.boolean(takenUp)), (key(.tunnel), tunnel.map { JSON.string($0.rawValue) } ?? "null"),
      (key(.broken), JSON.strings(broken)),
      (key(.changed), JSON.strings(changed)), (key(.scope), JSON.string(scope.rawValue)), (key(.networks), JSON.strings(networks)),
      (key(.dnsInForce), JSON.boolean(dnsInForce)), (key(.outsideIdentity), JSON.boolean(outsideIdentity)),
      (key(.inbound), JSON.strings(inbound)), (key(.box), JSON.boolean(box)),
      (key(.device), device.map { JSON.string($0.rawValue) } ?? "null"), (key(.mtu), mtu.map { "\($0)" } ?? "null"),
      (key(.peers), JSON.array(peers.map { $0.json })), (key(.commands), JSON.array(commands.map { $0.json })),
      (key(.warnings), JSON.strings(warnings)), (key(.allowed), JSON.boolean(allowed)),
      (key(.autostart), JSON.string(autostart.rawValue)), (key(.lost), JSON.boolean(lost)), (key(.blocked), JSON.boolean(blocked)),
      (key(.relay), JSON.strings(relay)), (key(.link), link.map { JSON.string($0) } ?? "null"),
      (key(.through), through.map { JSON.string($0) } ?? "null"),
      (key(.exitCheck), exitCheck.map { JSON.string($0) } ?? "null"),
    ])
  }
}

extension Report.Endpoint {
  fileprivate var json: String {
    JSON.object([(CodingKeys.host.rawValue, JSON.string(host)), (CodingKeys.port.rawValue, "\(port)")])
  }
}

extension Report.Peer {
  fileprivate var json: String {
    JSON.object([
      (CodingKeys.publicKey.rawValue, JSON.string(publicKey)), (CodingKeys.endpoint.rawValue, endpoint.map { JSON.string($0) } ?? "null"),
      (CodingKeys.latestHandshake.rawValue, "\(latestHandshake)"), (CodingKeys.rxBytes.rawValue, "\(rxBytes)"),
      (CodingKeys.txBytes.rawValue, "\(txBytes)"),
      (CodingKeys.hasRoute.rawValue, JSON.boolean(hasRoute)),
    ])
  }
}

extension Report.Command {
  fileprivate var json: String {
    JSON.object([
      (CodingKeys.address.rawValue, JSON.string(address)), (CodingKeys.uid.rawValue, "\(uid)"), (CodingKeys.pid.rawValue, "\(pid)"),
      (CodingKeys.command.rawValue, JSON.string(command)), (CodingKeys.rxBytes.rawValue, "\(rxBytes)"),
      (CodingKeys.txBytes.rawValue, "\(txBytes)"), (CodingKeys.attached.rawValue, JSON.boolean(attached)),
      (CodingKeys.inbound.rawValue, JSON.strings(inbound)), (CodingKeys.published.rawValue, JSON.strings(published)),
      (CodingKeys.lan.rawValue, JSON.strings(lan)),
      (CodingKeys.forwarded.rawValue, forwarded.map { "\($0)" } ?? "null"),
    ])
  }
}
