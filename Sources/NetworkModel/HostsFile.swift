/// What hosts(5) says of a name, in the file's order. Upper and lower case are one.
public func hostAddresses(of name: [UInt8], in text: [UInt8]) -> [IPAddress] {
  func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }
  let wanted = name.map(lower)
  var found: [IPAddress] = []
  for line in text.split(separator: 0x0a) {
    let words = line.prefix { $0 != 0x23 }.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
    guard words.dropFirst().contains(where: { $0.map(lower) == wanted }), let address = IPAddress(words[0]), !found.contains(address)
    else { continue }
    found.append(address)
  }
  return found
}
