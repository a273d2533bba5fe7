internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// Which link or VPN already holds one of a VPN's addresses on this host. Some providers give one to everybody, in every file; but a source
/// address stands for one way out only, so the VPN is for commands while another link has it.
struct AddressHolder {
  private var link: String
  private var isVPN: Bool
  private var address: IPAddress

  fileprivate init(link: String, isVPN: Bool, address: IPAddress) {
    self.link = link
    self.isVPN = isVPN
    self.address = address
  }

  func note(_ name: VPNName) -> String {
    "\(name) is for commands only: \(who) has its address \(address) on this machine; \(remedy), then `vpn link \(name)` gives it to \(name)"
  }

  func refusal(_ name: VPNName) -> String {
    "\(name) cannot be up: \(who) has its address \(address) on this machine; \(remedy), then `vpn up \(name)`"
  }

  private var who: String { isVPN ? link : "the link \(link)" }
  private var remedy: String { isVPN ? "`vpn unlink \(link)`" : "remove it there" }
}

extension Session {
  /// - Returns: `nil` if none of them is held: neither by a link, nor by a VPN that is being linked, or was not linked to the end.
  mutating func holder(of addresses: [Prefix], besides name: VPNName, _ state: HostState) throws(Failure) -> AddressHolder? {
    if let holder = try holdingLink(of: addresses, besides: name, state) { return holder }
    for other in state.linked where other.name != name && !other.memory[.isForCommandsOnly] {
      guard let theirs = try profiles.usable(other.name), let address = theirs.addresses.first(where: { $0.isHeld(by: addresses) })
      else { continue }
      return AddressHolder(link: other.name.description, isVPN: true, address: address.address)
    }
    return nil
  }

  /// Only what the kernel says.
  private mutating func holdingLink(
    of addresses: [Prefix], besides name: VPNName, _ state: HostState
  ) throws(Failure) -> AddressHolder? {
    try attempting("look at the host's addresses") { () throws(SystemError) -> AddressHolder? in
      // Mostly none does, and then one question is enough.
      guard try host.route.addresses().contains(where: { $0.isHeld(by: addresses) }) else { return nil }
      for link in state.links where link.name != Names.hostLink(name) {
        guard let own = try host.route.addresses(ofLink: link.index).first(where: { $0.isHeld(by: addresses) }) else { continue }
        return AddressHolder(link: link.name.description, isVPN: link.mac == Pair.hostEnd.bytes, address: own.address)
      }
      return nil
    }
  }

  /// Those of the addresses that no other link has.
  mutating func unheld(_ addresses: [Prefix], besides name: VPNName) throws(Failure) -> [Prefix] {
    guard !addresses.isEmpty else { return [] }
    let state = try self.state()
    var unheld: [Prefix] = []
    for address in addresses where try holdingLink(of: [address], besides: name, state) == nil { unheld.append(address) }
    return unheld
  }

  /// Whether another profile has an address of this one's.
  mutating func sharesAddress(_ name: VPNName, _ profile: Profile) throws(Failure) -> Bool {
    try profiles.others(than: name).contains { $0.profile.addresses.contains { $0.isHeld(by: profile.addresses) } }
  }
}

extension Prefix {
  fileprivate func isHeld(by others: [Prefix]) -> Bool { others.contains { $0.address == address } }
}
