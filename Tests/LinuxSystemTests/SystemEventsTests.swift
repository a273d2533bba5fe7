import Foundation
import Testing

@testable import LinuxSystem

/// Links, routes and rules: Tests/Lab, status.
@Suite(.serialized) struct SystemEventsTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test("A file that is written is heard of, one that is read is not") func files() throws {
    let events = SystemEvents(folders: [folder.path, folder.path + "/none"], reader: nil)
    // The machine may have changes of its own; but not as many.
    var quiet = 0
    for _ in 1...20 where try events.wait(milliseconds: 50) == .quiet { quiet += 1 }
    #expect(quiet > 0)
    let file = try folder.file("home.conf", "x")
    #expect(try events.wait(milliseconds: 5000) == .changed)
    let start = Clock.milliseconds
    _ = try String(contentsOfFile: file, encoding: .utf8)
    while try events.wait(milliseconds: 200) != .quiet, Clock.milliseconds - start < 10_000 {}
    #expect(Clock.milliseconds - start < 10_000)
    try FileManager.default.removeItem(atPath: file)
    #expect(try events.wait(milliseconds: 5000) == .changed)
  }

  @Test("Where no process reads any more, that is said at once") func reader() throws {
    let ends = try FileDescriptor.pipe()
    let events = SystemEvents(folders: [], reader: Output(descriptor: ends.writing))
    close(ends.reading)
    #expect(try events.wait(milliseconds: nil) == .withoutReader)
    close(ends.writing)
  }
}
