public import NetworkModel

/// A network that this machine is in.
public struct HostNetwork: Equatable, Sendable {
  /// The link's name.
  public var link: ByteString
  /// The machine's own address there, with the network's length.
  public var prefix: Prefix

  public init(
    link: ByteString, prefix: Prefix
  ) {
    self.link = link
    self.prefix = prefix
  }
}
