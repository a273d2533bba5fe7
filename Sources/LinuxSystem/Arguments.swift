internal import CLinux

/// The command line as bytes, exactly as the kernel passed it.
public enum Arguments {
  /// The words after the program's name (which the caller may have made up), without their NULs.
  public static var words: [[UInt8]] {
    (1..<max(Int(clinux_argc()), 1)).map { n in
      guard let text = unsafe clinux_argv()[n] else { return [] }
      // SAFETY: n < argc; the kernel has ended each word with NUL, and they are never written to.
      return unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
  }

  /// Whether vpnrun has started this program: sentences for its user begin with that name (`Programs.isVPNRuns`).
  public static var isForVPNRun: Bool {
    // SAFETY: as above; without a word there is no first one.
    guard clinux_argc() > 0, let name = unsafe clinux_argv()[0] else { return false }
    return unsafe UnsafeRawBufferPointer(start: name, count: strlen(name)).equals("vpnrun")
  }

  /// The environment as it was given.
  public static var environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> { unsafe clinux_envp() }

  /// Whether the caller has set a variable, to whatever value.
  public static func hasVariable(_ name: StaticString) -> Bool { variable(name) != nil }

  /// A variable's value.
  public static func variable(_ name: StaticString) -> [UInt8]? {
    // SAFETY: the kernel has ended the list with nil and each entry with NUL; there is no setenv(3) and no second thread.
    var at = unsafe environment
    while let entry = unsafe at.pointee {
      let text = unsafe UnsafeRawBufferPointer(start: entry, count: strlen(entry))
      if unsafe text.begins(with: name), unsafe text.dropFirst(name.utf8CodeUnitCount).first == 0x3d {
        return unsafe Array(text.dropFirst(name.utf8CodeUnitCount + 1))
      }
      unsafe at += 1
    }
    return nil
  }
}

extension Sequence<UInt8> {
  /// Byte by byte: comparing strings would need Unicode's tables.
  public func equals(_ text: StaticString) -> Bool { text.withUTF8Buffer { unsafe elementsEqual($0) } }
}

extension Collection<UInt8> {
  public func begins(with text: StaticString) -> Bool { prefix(text.utf8CodeUnitCount).equals(text) }
}
