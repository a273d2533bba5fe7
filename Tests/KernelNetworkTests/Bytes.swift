import Netlink
import Testing

// Golden bytes: what `ip`, `nft` and `wg` sent for the command beside them, taken by
//   strace -e trace=sendmsg,sendto -e write=all COMMAND
// The order of attributes has no meaning to the kernel, so that messages are compared as sets of lines, `TYPE.TYPE: BYTES`.

func bytes(hex: String) -> [UInt8] {
  let digits = hex.utf8.map { UInt8($0 < 0x3a ? $0 - 0x30 : $0 - 0x61 + 10) }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
  bytes.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
}

/// A message, one line for its type, its flags, its family header, and for each attribute.
func lines(_ request: Request) -> Set<String> {
  lines(type: request.type, flags: request.flags, request.payload.bytes[...])
}

/// The messages of one datagram.
func lines(hex text: String) throws -> [Set<String>] {
  try Message.split(bytes(hex: text)[...]).map { lines(type: $0.type, flags: $0.flags, $0.body) }
}

private func lines(type: UInt16, flags: UInt16, _ body: ArraySlice<UInt8>) -> Set<String> {
  let header = headerSize(type)
  // NLM_F_REQUEST and NLM_F_ACK are the socket's.
  let flags = flags & ~(1 | 4)
  return Set(["type \(type)", "flags \(flags)", "header \(hex(body.prefix(header)))"])
    .union(attributes(body.dropFirst(header), "", isLink: type == 16))
}

/// Of `ifinfomsg`, `ifaddrmsg`, `rtmsg` and `fib_rule_hdr`, and of the four bytes of nfnetlink and generic netlink.
private func headerSize(_ type: UInt16) -> Int {
  switch type {
  case 16, 17: 16
  case 20: 8
  case 24, 25, 32, 33: 12
  default: 4
  }
}

/// Nested attributes of a link that `ip` sends without NLA_F_NESTED: information, data, the peer (behind a header of its own), settings.
private let linkNests: Set<String> = ["18", "18.2", "18.2.1", "18.5", "26", "26.10"]

/// - Parameter path: types of what the bytes are nested in.
func attributes(_ bytes: ArraySlice<UInt8>, _ path: String, isLink: Bool = false) -> Set<String> {
  var lines: Set<String> = []
  var seen: [UInt16: Int] = [:]
  var rest = bytes
  while rest.count >= 4 {
    let head = Array(rest.prefix(4))
    let length = Int(head[0]) | Int(head[1]) << 8
    let type = (UInt16(head[2]) | UInt16(head[3]) << 8) & 0x3fff
    let value = rest.dropFirst(4).prefix(length - 4)
    rest = rest.dropFirst((length + 3) & ~3)
    let place = (path.isEmpty ? "" : path + ".") + "\(type)"
    // Of several with one type the order does have a meaning.
    let name = seen[type].map { "\(place)#\($0)" } ?? place
    seen[type, default: 0] += 1
    if head[3] & 0x80 != 0 || isLink && linkNests.contains(place) {
      let header = isLink && place == "18.2.1" ? 16 : 0
      if header > 0 { lines.insert("\(name) header: \(hex(value.prefix(header)))") }
      if value.isEmpty { lines.insert("\(name): {}") }
      lines.formUnion(attributes(value.dropFirst(header), name, isLink: isLink))
    } else {
      // `ip` sends the kind of a link without its NUL.
      let isKind = isLink && (place == "18.1" || place == "18.4")
      lines.insert("\(name): \(hex(isKind && value.last == 0 ? value.dropLast() : value))")
    }
  }
  return lines
}

/// Our request says what another tool's message says, but for what is named.
func expect(
  _ request: Request, says golden: String, but ours: Set<String> = [], not theirs: Set<String> = [],
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let expected = try #require(try lines(hex: golden).last, sourceLocation: sourceLocation)
  #expect(lines(request).subtracting(expected) == ours, sourceLocation: sourceLocation)
  #expect(expected.subtracting(lines(request)) == theirs, sourceLocation: sourceLocation)
}
