public import NetworkModel

extension Identity {
  /// What has been done since the VPN was linked, and must be undone.
  public struct Memory: Equatable, Sendable {
    /// By its word in the link's alias. What is written there stays readable: a word is never given another meaning.
    public enum Flag: ByteString, Sendable, CaseIterable {
      /// While it is up.
      case isUp = "up"
      /// It takes everything, not some networks only.
      case takesAll = "all"
      /// The whole system's queries are its own, unless those of a VPN with a lower ID.
      case takesQueries = "dns"
      /// `vpn up` has made the box.
      case isMadeByUp = "made-by-up"
      /// net.ipv4.conf.all.src_valid_mark was 0.
      case changedSourceValidMark = "src_valid_mark=0"
      /// net.ipv4.udp_l3mdev_accept was 0.
      case changedUnboundInVRF = "udp_l3mdev_accept=0"
      /// Another link of the host has one of the VPN's addresses: see `Identity.forCommandsOnly`.
      case isForCommandsOnly = "address=no"
      /// The tunnel is a link of the host, and has no box: see `VPN.linkSteps`.
      case hasNoBox = "box=no"
      /// It takes all of IPv4, and keeps nothing of it direct: no packet comes by its table.
      case sealsIPv4 = "sealed4"
      /// The way out is another link of the host, and no tunnel: `underlay` is the table that has it.
      case isByLink = "by=link"
      /// The tunnel's packets go through another VPN, whose table `underlay` is, and nowhere else.
      case isThroughVPN = "by=vpn"
    }

    private var flags: [Flag] = []

    public init() {}

    public subscript(flag: Flag) -> Bool {
      get { flags.contains(flag) }
      set { flags = Flag.allCases.filter { $0 == flag ? newValue : flags.contains($0) } }
    }

    var words: [ByteString] { flags.map { $0.rawValue } }
  }
}
