internal import LinuxSystem
internal import NetworkModel

/// wg(8), which makes keys.
struct WireGuardTool {
  var program = "wg"

  func newPrivateKey() throws(Failure) -> WireGuardKey { try key(["genkey"]) }
  func publicKey(of key: WireGuardKey) throws(Failure) -> WireGuardKey { try self.key(["pubkey"], input: Array((key.base64 + "\n").utf8)) }

  private func key(_ words: [String], input: [UInt8]? = nil) throws(Failure) -> WireGuardKey {
    let ended: Child.Ended
    do throws(SystemError) { ended = try Child(program, words, output: .captured, input: input).run() } catch {
      guard error.isMissingFile else { throw Failure("cannot run \(program): \(error.reason)") }
      throw Failure("wg makes the keys, and is not installed: run `sudo apt install wireguard-tools`")
    }
    guard ended.how == .exit(0), let key = WireGuardKey(base64: ended.output.prefix { $0 != 0x0a }) else {
      throw Failure("`wg \(words[0])` gives no key")
    }
    return key
  }
}
