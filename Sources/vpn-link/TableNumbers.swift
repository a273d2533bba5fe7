internal import LinuxSystem
internal import NetworkModel

/// Names of routing tables, where iproute2 reads them: what /etc has comes first, and replaces a file of the same name elsewhere.
enum TableNumbers {
  private static let folders = ["/etc/iproute2", "/usr/share/iproute2", "/usr/lib/iproute2"]

  /// - Returns: `nil` if no file has that name.
  static func number(of name: ByteString) -> UInt32? {
    var seen: [[UInt8]] = []
    for folder in folders {
      let drops = "\(folder)/rt_tables.d"
      for file in ((try? Files.names(in: drops)) ?? []).filter({ $0.suffix(5).elementsEqual(".conf".utf8) }) where !seen.contains(file) {
        seen.append(file)
        if let number = number(of: name, in: "\(drops)/\(String(decoding: file, as: UTF8.self))") { return number }
      }
      let main = Array("rt_tables".utf8)
      guard !seen.contains(main), let text = text(of: "\(folder)/rt_tables") else { continue }
      seen.append(main)
      if let number = routingTable(named: name, in: text) { return number }
    }
    return nil
  }

  private static func number(of name: ByteString, in path: String) -> UInt32? {
    text(of: path).flatMap { routingTable(named: name, in: $0) }
  }

  /// By it packets find their way: only root may have written it.
  private static func text(of path: String) -> [UInt8]? {
    guard let file = try? FileDescriptor.open(path, FileDescriptor.readOnlyWithoutWaiting), let status = try? file.status(),
      status.isRegular, status.owner == 0, !status.isWritableByOthers
    else { return nil }
    return try? file.readAll(limit: 1 << 20)
  }
}
