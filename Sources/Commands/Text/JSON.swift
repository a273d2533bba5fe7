internal import FoundationEssentials

/// JSON as every command prints it: what a terminal would obey is escaped, where RFC 8259 would also let it stand.
func jsonText(_ value: some Encodable, inOneLine: Bool = false) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  if !inOneLine { encoder.outputFormatting.insert(.prettyPrinted) }
  guard let data = try? encoder.encode(value) else { preconditionFailure("strings, numbers and arrays always encode") }
  var text = ""
  for scalar in String(decoding: data, as: UTF8.self).unicodeScalars {
    // Such a character stands in a string; below, the encoder has escaped them, and the line ends are its own.
    if scalar.value < 0x7f || !scalar.isObeyed { text.unicodeScalars.append(scalar) } else { text += escaped(scalar) }
  }
  return text + "\n"
}

private func escaped(_ scalar: Unicode.Scalar) -> String {
  UTF16.encode(scalar)!.reduce("") { text, unit in
    let digits = String(unit, radix: 16)
    return text + "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}

/// What another program has printed as JSON.
/// - Returns: `nil` if it is of another form.
func decoded<Value: Decodable>(_ type: Value.Type, _ json: String?) -> Value? {
  json.flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
}
