internal import Netlink
internal import NetworkModel

extension Attributes.Element {
  /// Up to the first NUL.
  var name: ByteString { ByteString(value.prefix { $0 != 0 }) }
}

extension Payload {
  /// Text with its NUL, as names and aliases are sent.
  mutating func attribute(_ type: UInt16, text: ByteString) { attribute(type, text: text.description) }
}
