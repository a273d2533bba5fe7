import NetworkModel
import NetworkPlan
import Testing

@Suite struct LoggedActionTests {
  private let name = VPNName("home")!

  @Test(arguments: [
    LoggedAction.run("curl", for: nil), .run("a in b", for: nil), .run("sh", for: 1001), .link, .unlink, .reload, .up, .down, .refused,
    .runOutside("curl"), .runOutside("a outside b"), .attach("web"), .attach("a to b"), .detach("web"), .detach("a from b"),
    .way(LoggedWay(.publish, "127.0.0.1:8080:80/tcp,[::1]:53:53/udp"), of: "web", for: nil),
    .way(LoggedWay(.unpublish, "127.0.0.1:8080:80/tcp"), of: "a in b", for: nil), .way(LoggedWay(.inbound, "tcp/22"), of: "sh", for: 1001),
    .way(LoggedWay(.lan, "192.168.50.0/24"), of: "a to b", for: nil), .way(LoggedWay(.forward, "40000:8080"), of: "x", for: nil),
  ])
  func roundTrip(_ action: LoggedAction) throws {
    let read = try #require(LoggedAction.read(Array(action.line(of: name, by: 1000).utf8)))
    #expect(read.action == action && read.name == name && read.uid == 1000)
  }

  /// A program may be called as one likes.
  @Test func commandsThatLookLikeMore() throws {
    let read = try #require(LoggedAction.read(Array("uid 1000 runs links work in home".utf8)))
    #expect(read.action == .run("links work", for: nil) && read.name == name)
    #expect(LoggedAction.read(Array("uid 1000 runs uid 0 links work".utf8)) == nil)
  }

  @Test(arguments: [
    "", "uid", "uid x links home", "uid 1 links", "uid 1 links home now", "uid 1 links home ", "uid 1 runs in home",
    "uid 1 takes home away",
    "uid 1 for uid 2 links home",
    "uid 1 runs x in ../home", "uid 1 takes home", "uid 1 for 2 runs x in home",
    "uid 1 publishes of web in home", "uid 1 publishes  of web in home", "uid 1 publishes 1:1 to web in home",
    "uid 1 admits tcp/1 to in home",
    "uid 1 opens x to web of home", "uid 1 forwards 1:2 to web in ../home",
  ])
  func otherLines(_ line: String) { #expect(LoggedAction.read(Array(line.utf8)) == nil) }
}
