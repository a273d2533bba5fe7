internal import NetworkModel

/// What `vpn new` made, and what to do with it.
func newText(_ name: VPNName, publicKey: WireGuardKey, file: String, isNew: Bool, _ style: Style) -> String {
  """
  \(style(.bold, "\(name)")) \(isNew ? "begun" : "was begun already"): \(file)
    public key  \(publicKey.base64)
  Give this key to the server's administrator, and complete the draft with what you get for it: sudo vpn edit \(name)

  """
}
