internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// Who has an address of a VPN's on this host already. Some providers give one to everybody, in every file; but a source address stands for
/// one way out only, so the VPN is for commands while another link has it.
struct AddressHolder {
  private var link: String
  private var isVPN: Bool
  private var address: IPAddress

  /// - Returns: `nil` if nobody has any of them: neither a link, nor a VPN that is being linked, or was not linked to the end.
  static func of(
    _ addresses: [Prefix], besides name: VPNName, _ state: HostState, _ kernel: inout Applier
  ) throws(Failure) -> AddressHolder? {
    if let holder = try ofLinks(addresses, besides: name, state, &kernel) { return holder }
    for other in state.linked where other.name != name && !other.memory.isForCommandsOnly {
      guard let theirs = try? ProfileStore.read(other.name), let address = theirs.addresses.first(where: { $0.isHeld(by: addresses) })
      else { continue }
      return AddressHolder(link: other.name.description, isVPN: true, address: address.address)
    }
    return nil
  }

  /// Only who has it in the kernel.
  static func ofLinks(
    _ addresses: [Prefix], besides name: VPNName, _ state: HostState, _ kernel: inout Applier
  ) throws(Failure) -> AddressHolder? {
    try attempting("look at the host's addresses") { () throws(SystemError) in
      // Mostly nobody has, and then one question is enough.
      guard try kernel.host!.route.addresses().contains(where: { $0.isHeld(by: addresses) }) else { return nil }
      for link in state.links where !link.name.utf8.elementsEqual(Names.hostLink(name).utf8) {
        guard let own = try kernel.host!.route.addresses(ofLink: link.index).first(where: { $0.isHeld(by: addresses) }) else { continue }
        return AddressHolder(link: link.name, isVPN: link.mac == Pair.hostEnd.bytes, address: own.address)
      }
      return nil
    }
  }

  /// Those of the addresses that no other link has.
  static func unheld(_ addresses: [Prefix], besides name: VPNName, _ kernel: inout Applier) throws(Failure) -> [Prefix] {
    guard !addresses.isEmpty else { return [] }
    let state = try HostState(&kernel)
    var unheld: [Prefix] = []
    for address in addresses where try ofLinks([address], besides: name, state, &kernel) == nil { unheld.append(address) }
    return unheld
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

extension Prefix {
  fileprivate func isHeld(by others: [Prefix]) -> Bool { others.contains { $0.address == address } }
}

/// Whether another profile has an address of this one's.
func sharesAddress(_ name: VPNName, _ profile: Profile) throws(Failure) -> Bool {
  for other in try ProfileStore.names() where other != name {
    if let theirs = try? ProfileStore.read(other), theirs.addresses.contains(where: { $0.isHeld(by: profile.addresses) }) { return true }
  }
  return false
}
