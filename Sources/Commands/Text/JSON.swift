internal import FoundationEssentials

/// JSON as every command prints it.
func jsonText(_ value: some Encodable, inOneLine: Bool = false) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  if !inOneLine { encoder.outputFormatting.insert(.prettyPrinted) }
  guard let data = try? encoder.encode(value) else { preconditionFailure("strings, numbers and arrays always encode") }
  return String(decoding: data, as: UTF8.self) + "\n"
}

/// What another program has printed as JSON.
/// - Returns: `nil` if it is of another form.
func decoded<Value: Decodable>(_ type: Value.Type, _ json: String?) -> Value? {
  json.flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
}
