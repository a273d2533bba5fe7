internal import Diagnosis
internal import FoundationEssentials
internal import LinuxSystem

extension Report {
  static func decode(_ json: [UInt8]) throws(Failure) -> [Report] {
    do { return try JSONDecoder().decode([Report].self, from: Data(json)).sorted() } catch {
      throw Failure("vpn-link's answer is not understood; are vpn and vpn-link of one installation? (\(error))")
    }
  }
}
