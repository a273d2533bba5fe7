// In the programs without a runtime library no `String` is compared: see `ByteString`. These take the place of the standard library's, and
// as warnings are errors, the compiler says where one is used; otherwise the linker would blame another file, and in other words.

#if hasFeature(Embedded)
extension String {
  @available(*, deprecated, message: "compare ByteString")
  public static func == (_: String, _: String) -> Bool { fatalError() }
  @available(*, deprecated, message: "compare ByteString")
  public static func != (_: String, _: String) -> Bool { fatalError() }
  @available(*, deprecated, message: "switch over ByteString")
  public static func ~= (_: String, _: String) -> Bool { fatalError() }
}

extension String? {
  public static func == (a: String?, _: _OptionalNilComparisonType) -> Bool { if case .none = a { true } else { false } }
  public static func != (a: String?, _: _OptionalNilComparisonType) -> Bool { if case .none = a { false } else { true } }
  @available(*, deprecated, message: "compare ByteString")
  public static func == (_: String?, _: String?) -> Bool { fatalError() }
  @available(*, deprecated, message: "compare ByteString")
  public static func != (_: String?, _: String?) -> Bool { fatalError() }
}

extension Sequence<String> {
  @available(*, deprecated, message: "look among ByteStrings")
  public func contains(_: String) -> Bool { fatalError() }
}

extension Collection<String> {
  @available(*, deprecated, message: "look among ByteStrings")
  public func firstIndex(of _: String) -> Index? { fatalError() }
}

extension [String] {
  @available(*, deprecated, message: "compare ByteStrings")
  public static func == (_: [String], _: [String]) -> Bool { fatalError() }
  @available(*, deprecated, message: "compare ByteStrings")
  public static func != (_: [String], _: [String]) -> Bool { fatalError() }
}
#endif
