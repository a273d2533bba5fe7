extension Report: Codable {
  private enum CodingKeys: String, CodingKey { case name, error }

  public init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: CodingKeys.self)
    if let error = try object.decodeIfPresent(String.self, forKey: .error) {
      self = .unreadable(name: try object.decode(String.self, forKey: .name), error: error)
    } else {
      self = .vpn(try VPN(from: decoder))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .vpn(let vpn): try vpn.encode(to: encoder)
    case .unreadable(let name, let error):
      var object = encoder.container(keyedBy: CodingKeys.self)
      try object.encode(name, forKey: .name)
      try object.encode(error, forKey: .error)
    }
  }
}

/// An optional whose key is always written, null for none. The compiler's own `Codable` leaves such a key out.
@propertyWrapper
public struct Nullable<Value: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
  public var wrappedValue: Value?

  public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    wrappedValue = value.decodeNil() ? nil : try value.decode(Value.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    if let wrappedValue { try value.encode(wrappedValue) } else { try value.encodeNil() }
  }
}
