internal import ForeignProfiles
internal import LinuxSystem

/// Which files make a tunnel of systemd-networkd's: those in the folder of the one that was given.
struct NetworkdSearch {
  typealias Original = ImportSource.Original
  /// As typed, for messages.
  var file: String
  var folder: ImportFolder

  private var name: String { file.split(separator: "/").last.map(String.init) ?? file }

  /// Each with its drop-ins behind it.
  func files(of format: ImportFormat, _ content: [UInt8]) throws(Failure) -> (device: [Original], network: [Original]) {
    let given = [Original(name: file, content: content)] + (try dropIns(of: name))
    guard format == .network else { return (given, try network(of: given)) }
    return (try device(of: given), given)
  }

  /// "The first (in alphanumeric order) of the network files that matches a given interface is applied": systemd.network(5).
  private func network(of device: [Original]) throws(Failure) -> [Original] {
    guard NetworkdFiles.kind(of: device[0].content) == "wireguard" else { return [] }
    guard let link = NetworkdFiles.linkName(in: device[0].content) else { throw Failure("\(file): [NetDev] has no Name") }
    for name in folder.names() where name.hasSuffix(".network") {
      let files = try whole(name)
      if NetworkdFiles.matches(files.map(\.content), link: link, by: Glob.matches) { return files }
    }
    throw Failure("\(file): there is no .network beside it with Name=\(printable(link)) in [Match], which would have the VPN's Address")
  }

  private func device(of network: [Original]) throws(Failure) -> [Original] {
    var found: [[Original]] = []
    for name in folder.names() where name.hasSuffix(".netdev") {
      let files = try whole(name)
      guard NetworkdFiles.kind(of: files[0].content) == "wireguard", let link = NetworkdFiles.linkName(in: files[0].content) else {
        continue
      }
      if NetworkdFiles.matches(network.map(\.content), link: link, by: Glob.matches) { found.append(files) }
    }
    guard let first = found.first else {
      throw Failure("\(file): there is no .netdev of Kind=wireguard beside it whose Name is in its [Match]")
    }
    guard found.count == 1 else {
      throw Failure("\(file): it is the .network of \(found.map { $0[0].name }.joined(separator: ", ")): import one of those")
    }
    return first
  }

  private func whole(_ name: String) throws(Failure) -> [Original] { [try folder.original(name)] + (try dropIns(of: name)) }

  /// `NAME.d/*.conf`
  private func dropIns(of name: String) throws(Failure) -> [Original] {
    var all: [Original] = []
    for drop in folder.names(in: "\(name).d") where drop.hasSuffix(".conf") { all.append(try folder.original("\(name).d/\(drop)")) }
    return all
  }
}
