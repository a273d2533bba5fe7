internal import FoundationEssentials

extension Report: Codable {
  private enum CodingKeys: String, CodingKey { case name, error }

  init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: CodingKeys.self)
    if let error = try object.decodeIfPresent(String.self, forKey: .error) {
      self = .unreadable(name: try object.decode(String.self, forKey: .name), error: error)
    } else {
      self = .vpn(try VPN(from: decoder))
    }
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .vpn(let vpn): try vpn.encode(to: encoder)
    case .unreadable(let name, let error):
      var object = encoder.container(keyedBy: CodingKeys.self)
      try object.encode(name, forKey: .name)
      try object.encode(error, forKey: .error)
    }
  }

  static func decode(_ json: [UInt8]) throws(Failure) -> [Report] {
    do { return try JSONDecoder().decode([Report].self, from: Data(json)).sorted() } catch {
      throw Failure("vpn-link's answer is not understood; are vpn and vpn-link of one installation? (\(error))")
    }
  }

  static func json(_ reports: [Report], inOneLine: Bool = false) -> String {
    Commands.json(reports, inOneLine: inOneLine)
  }
}

/// An optional whose key is always written, null for none. The compiler's own `Codable` leaves such a key out.
@propertyWrapper
struct Nullable<Value: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
  var wrappedValue: Value?

  init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    wrappedValue = value.decodeNil() ? nil : try value.decode(Value.self)
  }

  func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    if let wrappedValue { try value.encode(wrappedValue) } else { try value.encodeNil() }
  }
}
