internal import HelperWire

extension Attachment {
  /// As what `vpn ps` lists a container: by its name, or as engines themselves shorten its id.
  static func label(ofContainer name: String) -> String {
    let plain = name.utf8.prefix(isID(name) ? 12 : labelLength).map { (0x21...0x7e).contains($0) ? $0 : 0x5f }
    return isLabel(plain) ? String(decoding: plain, as: UTF8.self) : "container"
  }

  /// Whether its label can be no other container's.
  static func isOnly(_ name: String) -> Bool { isID(name) || label(ofContainer: name) == name }

  /// 64 hexadecimal digits, of which the first twelve are enough for every engine.
  private static func isID(_ name: String) -> Bool {
    name.utf8.count == 64 && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
