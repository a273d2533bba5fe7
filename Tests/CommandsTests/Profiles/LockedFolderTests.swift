import Glibc
import LinuxSystem
import NetworkModel
import Testing

@testable import Commands

/// Root's changes of profiles, one at a time.
@Suite(.serialized) struct LockedFolderTests {
  let folder = TestFolder()
  private var profiles: ProfileFolder { folder.installation.profiles }

  @Test("The lock is its owner's alone, and there only while it is held") func lock() throws {
    do {
      let locked = try profiles.locked()
      let file = try FileDescriptor(reading: "\(folder.path)/etc/.lock")
      #expect(try file.isOwnersAlone())
      #expect(try !file.lock())
      #expect(profiles.names().isEmpty)
      _ = locked.descriptor.raw
    }
    #expect(!Files.exists("\(folder.path)/etc/.lock"))
  }

  @Test("The folder's own lock, which any user can have, is nothing") func folderItself() throws {
    let open = try FileDescriptor(reading: "\(folder.path)/etc")
    #expect(try open.lock())
    _ = try profiles.locked()
    _ = open.raw
  }

  @Test("A VPN's lock is its profile's") func profile() throws {
    let home = try #require(VPNName("home"))
    _ = try profiles.locked(home)
    folder.profile("home", id: 1)
    let locked = try profiles.locked(home)
    let file = try FileDescriptor(reading: profiles.file(of: home))
    #expect(try !file.lock())
    _ = locked.descriptor.raw
  }

  @Test("One that others can open is none") func open() throws {
    folder.write("etc/.lock", "", executable: false)
    _ = try profiles.locked()
    let path = folder.write("etc/.lock", "")
    #expect(unsafe chmod(path, 0o644) == 0)
    #expect(throws: Failure("\(folder.path)/etc/.lock must be root's alone: remove it")) { _ = try profiles.locked() }
  }

  @Test("Many at once: one after the other") func many() async throws {
    let profiles = profiles
    let path = "\(folder.path)/scratch/inside"
    let all = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 {
        group.addTask {
          do {
            let locked = try profiles.locked()
            try Files.create(path, mode: 0o600, [])
            try Files.remove(path)
            _ = locked.descriptor.raw
            return true
          } catch { return false }
        }
      }
      return await group.reduce(true) { $0 && $1 }
    }
    #expect(all)
  }
}
