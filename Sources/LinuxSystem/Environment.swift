internal import CLinux

/// The environment as one block of NUL-terminated strings in memory, behind a descriptor which survives exec.
/// - Parameters:
///   - variables: in place of those of their names.
///   - isForAnother: without what is the caller's alone.
public func environmentDescriptor(
  setting variables: [(name: [UInt8], value: [UInt8])], isForAnother: Bool
) throws(SystemError) -> FileDescriptor {
  let memory = FileDescriptor(owning: try SystemError.check(unsafe clinux_memfd("environment"), "memfd_create"))
  // Never 0, 1 or 2, which the command gets as they are.
  let fd =
    memory.raw > 2 ? memory : FileDescriptor(owning: try SystemError.check(clinux_duplicate_above(memory.raw, 3), "duplicate a descriptor"))
  var block: [UInt8] = []
  // SAFETY: as in `Arguments.variable`; each entry is copied with its NUL.
  var at = unsafe Arguments.environment
  while let entry = unsafe at.pointee {
    let text = unsafe UnsafeRawBufferPointer(start: entry, count: strlen(entry) + 1)
    let name = unsafe text.prefix { $0 != 0x3d }
    let isLeftOut = unsafe isForAnother && UserAccount.isCallersAlone(name)
    if !isLeftOut, !variables.contains(where: { unsafe name.elementsEqual($0.name) }) { unsafe block.append(contentsOf: text) }
    unsafe at += 1
  }
  for variable in variables { block += variable.name + [0x3d] + variable.value + [0] }
  // Beyond the caller's limit on file sizes, which counts for memory files too, there is an error and no signal.
  let before = clinux_ignore_signal(SIGXFSZ)
  defer { _ = signal(SIGXFSZ, before) }
  try fd.writeAll(block)
  try SystemError.check(Int32(lseek(fd.raw, 0, SEEK_SET)), "rewind")
  try SystemError.check(clinux_keep_across_exec(fd.raw), "keep a descriptor")
  return fd
}

extension [UInt8] {
  /// Of an environment, which is variables ended by NUL each.
  public func setting(_ name: StaticString, to value: [UInt8]) -> [UInt8] {
    let name = name.withUTF8Buffer { unsafe Array($0) }
    var kept: [UInt8] = []
    for entry in split(separator: 0) where !(entry.starts(with: name) && entry.dropFirst(name.count).first == 0x3d) { kept += entry + [0] }
    return kept + name + [0x3d] + value + [0]
  }
}
