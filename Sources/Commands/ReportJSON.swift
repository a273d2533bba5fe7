internal import FoundationEssentials
internal import HelperWire

/// In vpn-link's words.
func decoded<Answer: Decodable>(_ json: [UInt8]) throws(Failure) -> Answer {
  do { return try JSONDecoder().decode(Answer.self, from: Data(json)) } catch {
    throw Failure("vpn-link's answer is not understood; are vpn and vpn-link of one installation? (\(error))")
  }
}

extension Report {
  static func json(_ reports: [Report], inOneLine: Bool = false) -> String { Commands.json(reports, inOneLine: inOneLine) }
}
