internal import NetworkModel

/// Reads a file line by line into a draft, and says all that is wrong. What concerns several lines: `ProfileChecks.swift`.
struct ProfileParser {
  private enum Place {
    case beforeSections
    case inside(ProfileSection)
    case insideUnknown
  }

  private static let missing = "the value is missing; write it, or leave the line out"

  var draft = ProfileDraft()
  var errors: [ProfileError] = []
  private var place = Place.beforeSections
  /// The line where each key stands first, by the key's number; those of a peer start anew with it.
  private var firstLines = [Int?](repeating: nil, count: ProfileKey.allCases.count)
  /// Misspelt keys, which are not missing as well.
  private var misspelt = [Bool](repeating: false, count: ProfileKey.allCases.count)

  mutating func parse(_ file: [UInt8]) throws(ProfileErrors) -> Profile {
    guard file.count <= Profile.maximumSize else {
      throw ProfileErrors([ProfileError(line: 1, column: 1, message: "more than \(Profile.maximumSize) bytes; this is no profile")])
    }
    if file.starts(with: [0xff, 0xfe]) || file.starts(with: [0xfe, 0xff]) || file.prefix(2).contains(0) {
      throw ProfileErrors([ProfileError(line: 1, column: 1, message: "UTF-16; save the file as UTF-8")])
    }
    for line in ProfileLines(file) where errors.count < ProfileErrors.maximumCount { read(line) }
    if errors.count < ProfileErrors.maximumCount, let profile = checked(), errors.isEmpty { return profile }
    let order = errors.indices.sorted { (errors[$0].line, errors[$0].column, $0) < (errors[$1].line, errors[$1].column, $1) }
    throw ProfileErrors(order.prefix(ProfileErrors.maximumCount).map { errors[$0] })
  }

  func has(_ key: ProfileKey) -> Bool { firstLines[key.rawValue] != nil || misspelt[key.rawValue] }

  /// - Parameters:
  ///   - part: what is wrong, a part of `line`; the message begins with it when `key` is given.
  ///   - key: whose value it is.
  mutating func fail(_ line: ProfileLine, _ part: Text, of key: ProfileKey? = nil, _ sentence: String) {
    let subject = key.map { line.shows($0) && !part.isEmpty ? "\($0.name) = \(part.shown): " : "\($0.name): " } ?? ""
    let excerpt = key.flatMap { line.excerpt(of: $0, part) }
    errors.append(ProfileError(line: line.number, column: line.column(of: part), message: subject + sentence, excerpt: excerpt))
  }

  /// Of a key in the wrong place.
  /// - Parameter meant: what `text` is or resembles. Other text may be the second half of a secret.
  private mutating func fail(_ line: ProfileLine, _ text: Text, meant: ProfileKey, _ sentence: String) {
    let excerpt = line.excerpt(of: meant, text)
    errors.append(ProfileError(line: line.number, column: line.column(of: text), message: sentence, excerpt: excerpt))
  }

  /// - Parameter text: of a section's first line, as it is known to be or nearly so.
  mutating func fail(_ line: ProfileLine, header text: Text, _ sentence: String) {
    errors.append(ProfileError(line: line.number, column: line.column(of: text), message: sentence, excerpt: line.excerpt))
  }

  private mutating func read(_ line: ProfileLine) {
    guard line.whole.count <= Profile.maximumLineLength else {
      fail(line, line.whole, "more than \(Profile.maximumLineLength) bytes in one line")
      return
    }
    if let control = line.control, let c = control.last {
      let number = (c < 16 ? "0x0" : "0x") + String(c, radix: 16)
      fail(line, control, c == 0 ? "a NUL byte; a profile is plain text" : "a control character, \(number); remove it")
    }
    switch line.content {
    case .assignment(let text, _) where line.control != nil:
      if case .inside(let section) = place, let key = ProfileKey(text, in: section), key.section == section { note(key, line) }
    case .section(let text): enter(line, text)
    case .other(let text) where line.control == nil:
      fail(line, text, "neither a section nor a key; write KEY = VALUE, or # before a comment")
    case .assignment(let text, let value):
      guard let key = key(line, text) else { return }
      if let first = firstLines[key.rawValue], !key.mayRepeat {
        fail(line, text, meant: key, "\(key.name) stands in line \(first) already; keep one of them")
        return
      }
      if let other = key.alternative, let first = firstLines[other.rawValue] {
        fail(line, text, meant: key, "\(other.name) stands in line \(first); keep one of them")
        return
      }
      note(key, line)
      take(line, key, value)
    case .blank, .other: break
    }
  }

  private mutating func note(_ key: ProfileKey, _ line: ProfileLine) {
    firstLines[key.rawValue] = firstLines[key.rawValue] ?? line.number
    if key == .publicKey { draft.peers[draft.peers.count - 1].hasPublicKey = true }
  }

  private mutating func enter(_ line: ProfileLine, _ text: Text) {
    var section = ProfileSection(header: text)
    if section == nil {
      section = nearest(to: text, of: ProfileSection.allCases) { "[\($0.name)]" }
      if let section, line.control == nil { fail(line, header: text, "not a section; did you mean [\(section.name)]?") }
      if section == nil, line.control == nil { fail(line, text, "not a section; there are [Interface], [Peer] and [VPN]") }
    }
    guard let section else {
      place = .insideUnknown
      return
    }
    place = .inside(section)
    let header = Header(line: line, part: text)
    switch section {
    case .interface: draft.header = draft.header ?? header
    case .peer:
      draft.peers.append(PeerDraft(header: header))
      for key in section.keys { firstLines[key.rawValue] = nil }
    case .vpn: break
    }
  }

  /// The key of that name, if it may stand here.
  private mutating func key(_ line: ProfileLine, _ text: Text) -> ProfileKey? {
    switch place {
    case .insideUnknown: return nil
    case .beforeSections:
      if let found = ProfileKey(text, in: nil) {
        fail(line, text, meant: found, "\(found.name) before any section; write [\(found.section.name)] above it")
      } else {
        fail(line, text, "a key before any section; write [Interface] above it")
      }
      return nil
    case .inside(let section):
      let found = ProfileKey(text, in: section)
      if let found, found.section == section { return found }
      if let found {
        fail(line, text, meant: found, "\(found.name) in [\(section.name)]; it belongs in [\(found.section.name)]")
        return nil
      }
      // Text that resembles no key is not repeated: it may be the second half of a secret.
      let here = section.keys
      if let meant = nearest(to: text.squeezed, of: here + ProfileKey.allCases, name: { $0.name }) {
        fail(line, text, meant: meant, "unknown key \(text.shown); did you mean \(meant.name)?")
        misspelt[meant.rawValue] = true
        if meant == .publicKey, section == .peer { draft.peers[draft.peers.count - 1].hasPublicKey = true }
      } else {
        fail(line, text, "unknown key; [\(section.name)] has \(here.map { $0.name }.joined(separator: ", "))")
      }
      return nil
    }
  }

  private mutating func take(_ line: ProfileLine, _ key: ProfileKey, _ value: Text) {
    guard !value.isEmpty || key.mayBeEmpty else {
      fail(line, value, of: key, Self.missing)
      return
    }
    let located = { (part: Text, prefix: Prefix) in Located(value: prefix, key: key, line: line, part: part) }
    let peer = draft.peers.count - 1
    // wg(8) reads its lines without any space in them, wg-quick without outer ones.
    let dense = value.squeezed[...]
    do throws(Refusal) {
      switch key {
      case .privateKey:
        let secret = try ProfileValue.key(dense, from: "wg genkey")
        guard !secret.isZero else { throw Refusal("a key of zeros; write the one given to you, or wg genkey's") }
        draft.privateKey = secret
      case .privateKeyFile: draft.privateKeyFile = try ProfileValue.keyFile(value)
      case .address:
        each(line, key, value) { parser, part throws(Refusal) in
          parser.draft.addresses.append(located(part, try ProfileValue.address(part)))
        }
      case .dns:
        each(line, key, value) { parser, part throws(Refusal) in try parser.draft.providersDNS.take(line, key, part) }
      case .ownDNS:
        var own = draft.ownDNS ?? DNSDraft()
        each(line, key, value) { _, part throws(Refusal) in try own.take(line, key, part) }
        draft.ownDNS = own
      case .mtu:
        guard !value.isEmpty else { return }
        draft.mtu = Located(value: try ProfileValue.numberOfIP(value, in: 576...65535), key: key, line: line, part: value)
      case .listenPort:
        let port = try ProfileValue.number(dense, in: 0...UInt16.max, right: "a port from 1 to 65535, or 0 for any")
        draft.listenPort = port == 0 ? nil : port
      case .fwMark:
        let right = "off or a number from 1 to \(UInt32.max), hexadecimal after 0x"
        let mark = dense.matches("off") ? 0 : try ProfileValue.number(dense, in: 0...UInt32.max, hexadecimal: true, right: right)
        draft.fwmark = mark == 0 ? nil : mark
      case .table: draft.table = try ProfileValue.table(value)
      case .saveConfig, .preUp, .postUp, .preDown, .postDown:
        guard key != .saveConfig || value.matches("true") || value.matches("false") else { throw Refusal("write true or false") }
        draft.hooks.append(Hook(key, ByteString(value), line: line.number))
      case .publicKey:
        let publicKey = try ProfileValue.key(dense, from: "wg pubkey")
        guard !publicKey.isZero else { throw Refusal("a key of zeros; write the peer's") }
        draft.peers[peer].publicKey = Located(value: publicKey, key: key, line: line, part: value)
      case .presharedKey:
        let secret = try ProfileValue.key(dense, from: "wg genpsk")
        draft.peers[peer].presharedKey = secret.isZero ? nil : secret
      case .presharedKeyFile: draft.peers[peer].presharedKeyFile = try ProfileValue.keyFile(value)
      case .allowedIPs:
        each(line, key, value) { parser, part throws(Refusal) in
          parser.draft.peers[peer].allowedIPs.append(located(part, try ProfileValue.network(part)))
        }
      case .endpoint: draft.peers[peer].endpoint = try ProfileValue.endpoint(dense)
      case .persistentKeepalive:
        let right = "seconds from 1 to 65535, or off"
        let seconds = dense.matches("off") ? 0 : try ProfileValue.number(dense, in: 0...UInt16.max, right: right)
        draft.peers[peer].persistentKeepalive = seconds == 0 ? nil : seconds
      case .id: draft.id = try ProfileValue.number(value, in: Profile.identifiers)
      case .allowUsers:
        each(line, key, value) { parser, part throws(Refusal) in try ProfileValue.account(part, into: &parser.draft.users) }
      case .allowGroups:
        each(line, key, value) { parser, part throws(Refusal) in try ProfileValue.account(part, into: &parser.draft.groups) }
      case .systemWide: draft.systemWide = try ProfileValue.one(of: SystemWideRule.allCases, value) { $0.name }
      case .autostart:
        draft.autostart = Located(
          value: try ProfileValue.one(of: Autostart.allCases, value) { $0.name }, key: key, line: line, part: value)
      case .subnet: draft.subnet = located(value, try ProfileValue.subnet(value, .v4))
      case .subnet6: draft.subnet6 = located(value, try ProfileValue.subnet(value, .v6))
      case .networks:
        each(line, key, value) { parser, part throws(Refusal) in
          parser.draft.networks.append(located(part, try ProfileValue.network(part)))
        }
      case .direct:
        each(line, key, value) { parser, part throws(Refusal) in
          parser.draft.direct.append(located(part, try ProfileValue.direct(part)))
        }
      case .outsideIdentity: draft.outsideIdentity = try ProfileValue.yes(value)
      case .underlay: draft.underlay = Located(value: try ProfileValue.underlay(value), key: key, line: line, part: value)
      case .priority: draft.priority = try ProfileValue.number(value, in: Profile.priorities)
      }
    } catch { fail(line, value, of: key, error.sentence) }
  }

  /// The elements of a list. wg-quick separates its own by commas and spaces and minds no empty ones; wg(8) by commas.
  private mutating func each(
    _ line: ProfileLine, _ key: ProfileKey, _ value: Text, _ body: (inout ProfileParser, Text) throws(Refusal) -> Void
  ) {
    guard !value.isEmpty else { return }
    let comma = UInt8(ascii: ",")
    let parts =
      key.isListOfNetworks ? value.split(separator: comma, omittingEmptySubsequences: false) : value.split { $0 == comma || $0.isBlank }
    if parts.isEmpty, !key.mayBeEmpty { fail(line, value, of: key, Self.missing) }
    for part in parts {
      let part = part.trimmed
      guard errors.count < ProfileErrors.maximumCount else { return }
      do throws(Refusal) { try body(&self, part) } catch { fail(line, part, of: key, error.sentence) }
    }
  }
}
