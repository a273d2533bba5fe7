internal import FoundationEssentials
internal import HelperWire
internal import LinuxSystem

/// In vpn-link's words.
func decoded<Answer: Decodable>(_ json: some Collection<UInt8>) throws(Failure) -> Answer {
  do { return try JSONDecoder().decode(Answer.self, from: Data(json)) } catch {
    throw Failure("vpn-link's answer is not understood; are vpn and vpn-link of one installation? (\(error))")
  }
}
