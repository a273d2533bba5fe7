internal import ForeignProfiles
internal import LinuxSystem
internal import Profile

/// The files that make one VPN of another program's.
struct ForeignSource {
  let format: ImportFormat
  /// The one that was given first, but for networkd's: the device's before the network's.
  private(set) var originals: [ImportSource.Original]
  private var countOfDevice = 0
  /// Secrets in files beside it.
  private var secrets: [String: [UInt8]] = [:]

  /// Where ifupdown-ng's tunnels have their settings.
  private static let tunnels = "/etc/wireguard"

  init(_ given: ImportSource.Original, _ format: ImportFormat, in folder: ImportFolder) throws(Failure) {
    self.format = format
    originals = [given]
    switch format {
    case .netdev, .network:
      let files = try NetworkdSearch(file: given.name, folder: folder).files(of: format, given.content)
      originals = files.device + files.network
      countOfDevice = files.device.count
    case .interfaces:
      guard let path = InterfacesFile.tunnelFile(in: given.content) else { return }
      let name = Self.lastPart(of: path)
      do throws(Failure) { originals.append(try folder.original(name)) } catch {
        do throws(Failure) { originals.append(try ImportFolder.folder(Self.tunnels).original(name)) } catch {
          throw Failure(
            "\(given.name): there is no \(printable(name)) beside it or in \(Self.tunnels), which has the tunnel's keys and peers")
        }
      }
    case .nix:
      for file in NixFile.files(of: given.content) {
        let name = Self.lastPart(of: file)
        do throws(Failure) { secrets[file] = try folder.original(name).content } catch {
          throw Failure("\(given.name): there is no \(printable(name)) beside it, which has a key of the VPN's")
        }
      }
    case .wgQuick, .networkManager, .link, .picture: break
    }
  }

  private static func lastPart(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  func translation() throws(ForeignErrors) -> Translation {
    let contents = originals.map(\.content)
    return switch format {
    case .networkManager: try NetworkManagerFile.translation(of: contents[0])
    case .interfaces: try InterfacesFile.translation(of: contents[0], tunnel: contents.count > 1 ? contents[1] : [])
    case .nix: try NixFile.translation(of: contents[0], files: secrets)
    case .link: try LinkFile.translation(of: contents[0])
    case .netdev, .network, .wgQuick, .picture:
      try NetworkdFiles.translation(device: Array(contents[..<countOfDevice]), network: Array(contents[countOfDevice...]))
    }
  }
}
