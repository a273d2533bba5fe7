// What libFuzzer calls with its inputs (`make fuzz`, docs/fuzzing.md). VPNRUN_FUZZ says which parser gets them.
//
// A parser may refuse whatever it likes. It must not trap or read what is not its own, and what it takes must say the same again.
import CLinux
import NetworkModel

enum Target: String, CaseIterable {
  case profile, source, edit, foreign, request, words, reply, netlink, objects, dns, mapping, alias, uapi, check

  func run(_ input: [UInt8]) {
    switch self {
    case .profile: tryProfile(input)
    case .source: trySource(input)
    case .edit: tryEdit(input)
    case .foreign: tryForeign(input)
    case .request: tryRequest(input)
    case .words: tryWords(input)
    case .reply: tryReply(input)
    case .netlink: tryNetlink(input)
    case .objects: tryObjects(input)
    case .dns: tryDNS(input)
    case .mapping: tryMapping(input)
    case .alias: tryAlias(input)
    case .uapi: tryUAPI(input)
    case .check: tryCheck(input)
    }
  }
}

private let target: Target = {
  guard let value = unsafe getenv("VPNRUN_FUZZ"), let target = Target(rawValue: unsafe String(cString: value)) else {
    fatalError("VPNRUN_FUZZ must be one of \(Target.allCases.map(\.rawValue))")
  }
  return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  // A copy of just this size, so that AddressSanitizer sees what reads beyond it.
  target.run(unsafe Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

/// Ends the run with a sentence, which `precondition` does not say in optimised code.
func check(_ isTrue: Bool, _ otherwise: @autoclosure () -> String = "not so", file: StaticString = #fileID, line: UInt = #line) {
  if !isTrue { fatalError(otherwise(), file: file, line: line) }
}

/// Values that an input stands for, for what is to be built and read again. At its end everything is 0.
struct Choices {
  private var rest: ArraySlice<UInt8>

  init(_ input: [UInt8]) { rest = input[...] }

  var isAtEnd: Bool { rest.isEmpty }
  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }
  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }
  mutating func isTrue() -> Bool { byte() & 1 == 1 }
  mutating func number<T: FixedWidthInteger>(_: T.Type = T.self) -> T { bytes(MemoryLayout<T>.size).reduce(0) { $0 << 8 | T($1) } }
  mutating func maybe<T>(_ value: (inout Choices) -> T) -> T? { isTrue() ? value(&self) : nil }

  /// A link's name or the like.
  mutating func text(_ range: ClosedRange<Int>) -> ByteString {
    let count = range.lowerBound + Int(byte()) % range.count
    return ByteString(bytes(count).map { 0x61 + $0 % 26 })
  }
}

extension Sequence<UInt8> {
  /// Tabs and ends of lines are none of them.
  var hasControlCharacters: Bool { contains { ($0 < 0x20 && $0 != 0x09 && $0 != 0x0a) || $0 == 0x7f } }
}

extension [UInt8] {
  /// How often a part stands in it. (The standard library's search takes longer than a parser.)
  func count(of part: [UInt8]) -> Int {
    guard let first = part.first, count >= part.count else { return 0 }
    return (0...(count - part.count)).count { at in self[at] == first && part.indices.allSatisfy { self[at + $0] == part[$0] } }
  }
}
