internal import CLinux

/// The body of a request: a family header and attributes, each padded to four bytes. Lengths are filled in as things end,
/// so that no caller counts bytes. Numbers are in the machine's byte order, which on all machines that this is for is little endian.
///
/// An attribute has 16 bits for its length, so that lists without a limit of their own are split by their caller: 1000 addresses or keys,
/// 500 peers or intervals. Everything else comes from values that are short by their type: a name, an address, a key, an alias.
public struct Payload {
  public private(set) var bytes: [UInt8] = []

  public init() { bytes.reserveCapacity(512) }

  /// Starts with a family header: `ifinfomsg`, `rtmsg`, `nfgenmsg` …
  public init<Header: BitwiseCopyable>(_ header: Header) {
    self.init()
    append(header)
  }

  /// A kernel structure as it lies in memory, padded.
  public mutating func append<T: BitwiseCopyable>(_ value: T) {
    // SAFETY: `BitwiseCopyable` has no references. Kernel structures have no padding that is not zero: they begin as zeros.
    unsafe withUnsafeBytes(of: value) { unsafe bytes.append(contentsOf: $0) }
    pad()
  }

  public mutating func append(bytes more: [UInt8]) {
    bytes += more
    pad()
  }

  public mutating func attribute(_ type: UInt16, _ value: some Collection<UInt8>) {
    head(type, length: 4 + value.count)
    bytes.append(contentsOf: value)
    pad()
  }

  public mutating func attribute<T: FixedWidthInteger & BitwiseCopyable>(_ type: UInt16, _ value: T) {
    head(type, length: 4 + MemoryLayout<T>.size)
    append(value)
  }

  /// Text with its NUL, as names and aliases are sent.
  public mutating func attribute(_ type: UInt16, text: String) { attribute(type, Array(text.utf8) + [0]) }

  /// An attribute that holds others. The flag is what NETLINK_GET_STRICT_CHK asks for.
  public mutating func nested(_ type: UInt16, _ body: (inout Payload) -> Void) {
    let start = bytes.count
    head(type | UInt16(NLA_F_NESTED), length: 0)
    body(&self)
    let length = Self.checked(bytes.count - start)
    bytes[start] = UInt8(truncatingIfNeeded: length)
    bytes[start + 1] = UInt8(truncatingIfNeeded: length >> 8)
  }

  /// `struct nlattr`, in the machine's byte order. (Embedded Swift 6.3 cannot use the C structure itself from another module.)
  /// Type and length are one number of 32 bits here: the length comes first in memory, as the machine is little endian.
  private mutating func head(_ type: UInt16, length: Int) { append(UInt32(type) << 16 | UInt32(Self.checked(length))) }

  private static func checked(_ length: Int) -> UInt16 {
    precondition(length <= UInt16.max, "a netlink attribute has at most 65535 bytes: the list in it is to be split")
    return UInt16(length)
  }

  private mutating func pad() { while bytes.count & 3 != 0 { bytes.append(0) } }
}

/// Constants of the kernel's headers come as integers or as C enumerations, depending on how they were written there.
@inline(__always) public func n(_ value: some BinaryInteger) -> UInt16 { UInt16(value) }
@inline(__always) public func n(_ value: some RawRepresentable<UInt32>) -> UInt16 { UInt16(value.rawValue) }
