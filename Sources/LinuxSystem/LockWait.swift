internal import CLinux

/// Waiting for a lock that another process has: not without a word, and not for ever, because that process may have been stopped. What is
/// said may take its time as well, so who waits holds no other lock.
public struct LockWait {
  private let isLong = Deadline(milliseconds: 1000)
  private let isVeryLong = Deadline(milliseconds: 5000)
  private let end = Deadline(milliseconds: 60_000)
  private var hasSaidThat = false
  private var hasSaidWhom = false

  public init() {}

  /// A moment, after which the lock is tried again.
  /// - Parameter file: whose lock it is.
  /// - Throws: after a minute: who has it.
  public mutating func pause(for file: borrowing FileDescriptor) throws(Failure) {
    if end.isOver { throw Failure(Self.refusal(LockHolder(of: file))) }
    if isVeryLong.isOver, !hasSaidWhom {
      hasSaidWhom = true
      if let holder = LockHolder(of: file) { say("vpn: it is that of \(holder.description)\n") }
    } else if isLong.isOver, !hasSaidThat {
      hasSaidThat = true
      say("vpn: waiting for another change to end\n")
    }
    Process.sleep(milliseconds: isLong.isOver ? 50 : 10)
  }

  private static func refusal(_ holder: LockHolder?) -> String {
    guard let holder else { return "another change has not ended within a minute: `sudo lslocks` shows whose it is" }
    return "another change has not ended within a minute, that of \(holder.description): `sudo kill -KILL \(holder.process.id)` ends it, "
      + "and the next change repairs what it leaves"
  }
}

/// Who has a file's lock, by proc_locks(5).
struct LockHolder {
  let process: RunningProcess

  /// `nil` if it is of another namespace of processes, or gone.
  init?(of file: borrowing FileDescriptor) {
    guard let object = Self.object(file.raw) else { return nil }
    for line in Self.text("/proc/locks").split(separator: 0x0a) {
      let words = line.split(separator: 0x20)
      // Those who wait have an arrow before the kind.
      guard words.count > 5, words[1].equals("FLOCK"), words[5].elementsEqual(object),
        let id = Int32(String(decoding: words[4], as: UTF8.self)), id > 0
      else { continue }
      process = RunningProcess(id: id)
      return
    }
    return nil
  }

  /// What the kernel itself has as device and number of an open file; stat(2) has others on some file systems.
  private static func object(_ fd: Int32) -> [UInt8]? {
    var mount: ArraySlice<UInt8> = []
    var number: ArraySlice<UInt8> = []
    for line in text("/proc/self/fdinfo/\(fd)").split(separator: 0x0a) {
      let words = line.split(separator: 0x09)
      guard words.count == 2 else { continue }
      if words[0].equals("mnt_id:") { mount = words[1] }
      if words[0].equals("ino:") { number = words[1] }
    }
    for line in text("/proc/self/mountinfo").split(separator: 0x0a) {
      let words = line.split(separator: 0x20)
      guard words.count > 2, words[0].elementsEqual(mount) else { continue }
      let device = words[2].split(separator: 0x3a).compactMap { UInt32(String(decoding: $0, as: UTF8.self)) }
      return device.count == 2 ? hexadecimal(device[0]) + [0x3a] + hexadecimal(device[1]) + [0x3a] + number : nil
    }
    return nil
  }

  /// As `%02x` of printf(3).
  private static func hexadecimal(_ number: UInt32) -> [UInt8] { Array(((number < 16 ? "0" : "") + String(number, radix: 16)).utf8) }

  private static func text(_ path: String) -> [UInt8] {
    (try? FileDescriptor.open(path, FileDescriptor.readOnly).readAll(limit: 1 << 22)) ?? []
  }

  /// Its command as ps(1) shows it, at most 80 bytes; of another user's, who can have anything there, the program alone.
  var description: String {
    let isOthers = process.user != 0 && process.user != Process.userID
    let user = process.user.map { id in UserAccount.nameOfPasswd(id).map { String(printable: $0) } ?? "user \(id)" }
    let command = String(printable: isOthers ? process.program : Array(process.commandLine.joined(separator: [0x20]).prefix(80)))
    return "process \(process.id)\(user.map { " of \($0)" } ?? "")\(command.isEmpty ? "" : " (\(command))")"
  }
}
