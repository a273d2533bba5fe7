internal import CLinux

/// The attributes in a piece of a message, in order. A length that cannot be ends the sequence: what follows it has no meaning.
public struct Attributes: Sequence, IteratorProtocol {
  public struct Element {
    public var type: UInt16
    public var value: ArraySlice<UInt8>

    public var uint8: UInt8? { value.first }
    public var uint16: UInt16? { load() }
    public var uint32: UInt32? { load() }
    public var uint64: UInt64? { load() }
    /// A number of a structure.
    public func uint64(at offset: Int) -> UInt64? { load(at: offset) }
    public var nested: Attributes { Attributes(value) }
    /// Up to the first NUL.
    public var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }

    private func load<T: FixedWidthInteger>(at offset: Int = 0) -> T? {
      let bytes = value.dropFirst(offset).prefix(MemoryLayout<T>.size)
      guard bytes.count == MemoryLayout<T>.size else { return nil }
      return bytes.reversed().reduce(0) { $0 << 8 | T($1) }
    }
  }

  private var rest: ArraySlice<UInt8>

  public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  public mutating func next() -> Element? {
    guard rest.count >= 4 else { return nil }
    // struct nlattr, byte by byte: a list of ports has ten thousand of them.
    let at = rest.startIndex
    let length = Int(rest[at]) | Int(rest[at + 1]) << 8
    guard length >= 4, length <= rest.count else { return nil }
    let type = (UInt16(rest[at + 2]) | UInt16(rest[at + 3]) << 8) & typeMask
    let value = rest.dropFirst(4).prefix(length - 4)
    rest = rest.dropFirst((length + 3) & ~3)
    return Element(type: type, value: value)
  }
}

/// NLA_TYPE_MASK is an expression that Swift does not import.
private let typeMask: UInt16 = ~(UInt16(1) << 15 | UInt16(1) << 14)
