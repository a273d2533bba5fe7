internal import CLinux

/// What the kernel tells of the links of one network (RTMGRP_LINK of rtnetlink(7)). It needs no privilege and gives none.
public enum LinkEvents {
  public enum Event: Equatable, Sendable {
    case nothing, gone
    /// At most 255 bytes.
    case alias([UInt8])
  }

  /// Of the network where this thread is, from now on.
  /// - Returns: a descriptor that can be read when there is news; closed by exec.
  public static func open() throws(SystemError) -> Int32 { try SystemError.check(clinux_link_events(), "listen for changes of links") }

  /// The answer is an event: of a link that is not there any more, that it is gone.
  static func ask(_ events: Int32, of index: Int32) { clinux_ask_link(events, index) }

  /// The newest there is of that link. What has been lost is asked for again.
  static func next(_ events: Int32, of index: Int32) -> Event {
    var alias = [UInt8](repeating: 0, count: 255)
    let count = unsafe clinux_link_event(events, index, &alias, alias.count)
    if count < 0 { return count == -1 ? .nothing : .gone }
    return .alias(Array(alias.prefix(Int(count))))
  }
}
