internal import FoundationEssentials

/// JSON of another program, of which only a part is understood: what is not, is passed on as it came. Members have no order.
enum JSONValue: Codable, Equatable {
  case null
  case boolean(Bool)
  case integer(Int64)
  /// Above `Int64.max`, as limits in OCI's config.json are.
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let known = try? value.decode(Bool.self) {
      self = .boolean(known)
    } else if let known = try? value.decode(Int64.self) {
      self = .integer(known)
    } else if let known = try? value.decode(UInt64.self) {
      self = .unsigned(known)
    } else if let known = try? value.decode(Double.self) {
      self = .number(known)
    } else if let known = try? value.decode(String.self) {
      self = .string(known)
    } else if let known = try? value.decode([JSONValue].self) {
      self = .array(known)
    } else {
      self = .object(try value.decode([String: JSONValue].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .null: try value.encodeNil()
    case .boolean(let known): try value.encode(known)
    case .integer(let known): try value.encode(known)
    case .unsigned(let known): try value.encode(known)
    case .number(let known): try value.encode(known)
    case .string(let known): try value.encode(known)
    case .array(let known): try value.encode(known)
    case .object(let known): try value.encode(known)
    }
  }

  /// - Returns: `nil` if it is no JSON.
  init?(_ text: [UInt8]) {
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text)) else { return nil }
    self = value
  }

  /// A member. Setting one makes an object of what is none; `nil` takes it away.
  subscript(_ key: String) -> JSONValue? {
    get { if case .object(let members) = self { members[key] } else { nil } }
    set {
      var members: [String: JSONValue] = [:]
      if case .object(let known) = self { members = known }
      members[key] = newValue
      self = .object(members)
    }
  }

  var string: String? { if case .string(let text) = self { text } else { nil } }
  /// Of what is no array: none.
  var elements: [JSONValue] { if case .array(let values) = self { values } else { [] } }
  var isEmpty: Bool {
    switch self {
    case .null: true
    case .string(let text): text.isEmpty
    case .array(let values): values.isEmpty
    case .object(let members): members.isEmpty
    default: false
    }
  }
  var number: Int64? { if case .integer(let known) = self { known } else { nil } }

  static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
