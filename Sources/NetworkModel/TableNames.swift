/// The number that a file of iproute2's rt_tables gives a table's name: lines of number and name, the number decimal, or hexadecimal after 0x.
public func routingTable(named name: ByteString, in text: [UInt8]) -> UInt32? {
  for line in text.split(separator: 0x0a) {
    let words = line.prefix { $0 != 0x23 }.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
    guard words.count == 2, ByteString(words[1]) == name else { continue }
    return words[0].starts(with: "0x".utf8) ? UInt32(hexadecimal: words[0].dropFirst(2)) : UInt32(decimal: words[0])
  }
  return nil
}
