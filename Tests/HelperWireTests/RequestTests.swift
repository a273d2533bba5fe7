import HelperWire
import NetworkModel
import Testing

private func bytes(_ words: [String]) -> [[UInt8]] { words.map { Array($0.utf8) } }

@Suite struct RequestTests {
  private let home = VPNName("home")!

  /// All that a verb takes, said at once.
  private func full(_ verb: Verb) -> HelperRequest {
    let options = verb.row.options
    var request = HelperRequest(verb, verb.row.name == .none ? nil : home)
    request.isVerbose = options.contains(.verbose)
    request.isForced = options.contains(.force)
    request.isQuiet = options.contains(.quiet)
    request.isDry = options.contains(.dryRun)
    if options.contains(.seconds) { request.seconds = 30 }
    if options.contains(.action) { request.action = .launch }
    if options.contains(.namespace) {
      (request.attachment.namespace, request.attachment.pid) = (3, 42)
      (request.attachment.link, request.attachment.label) = ("eth0", "a web server")
      request.attachment.kept = [Prefix("10.0.0.0/8")!, Prefix("fd00::/8")!]
    }
    if options.contains(.publication) {
      request.publication.relay = 4
      request.publication.added = PublishedPort.list("8080:80,[::1]:53:53/udp".utf8)!
    }
    if options.contains(.process) { request.pid = 42 }
    if options.contains(.command) {
      request.direct = DirectRequest(environment: 5, command: bytes(["sh", "--", "-v"]))
      request.direct?.isVerbose = true
    }
    if options.contains(.resolved) {
      request.resolved = [
        .init(host: Array("a=b.example".utf8), address: IPAddress("192.0.2.1")!), .init(host: [0x62], address: IPAddress("2001:db8::1")!),
      ]
    }
    return request
  }

  @Test("What one program says, the other one understands", arguments: Verb.allCases)
  func bothWays(verb: Verb) throws {
    let request = full(verb)
    #expect(try HelperRequest(request.words) == request)
  }

  @Test("No two verbs have one word") func words() {
    #expect(Set(Verb.allCases.map(\.row.word)).count == Verb.allCases.count)
  }

  @Test("An option of another verb's is refused", arguments: Verb.allCases)
  func foreignOptions(verb: Verb) {
    let all: [(Verb.Options, [String])] = [
      (.verbose, ["--verbose"]), (.verbose, ["-v"]), (.force, ["--force"]), (.quiet, ["--quiet"]), (.dryRun, ["--dry-run"]),
      (.seconds, ["--seconds=5"]), (.resolved, ["--resolved", "a=192.0.2.1"]),
      (.namespace, ["--namespace=3"]), (.namespace, ["--label=x"]), (.namespace, ["--link=x"]), (.namespace, ["--beside="]),
      (.namespace, ["--pid=1"]), (.publication, ["--relay=3"]), (.publication, ["--add=80"]), (.publication, ["--remove=80"]),
    ]
    // What follows a command is the command's.
    if verb.row.options.contains(.command) { return }
    for (option, words) in all where !(verb == .directEnd && words == ["--pid=1"]) && !verb.row.options.contains(option) {
      #expect(throws: RequestRefusal.wrongUse) { try HelperRequest(full(verb).words + bytes(words)) }
    }
  }

  @Test("A name where there must be one, and nowhere else", arguments: Verb.allCases)
  func names(verb: Verb) {
    var request = full(verb)
    request.name = nil
    request.action = nil
    let isTaken = (try? HelperRequest(request.words)) != nil
    #expect(isTaken == (verb.row.name != .needed))
    #expect(throws: RequestRefusal.wrongUse) { try HelperRequest(bytes([verb.row.word, "home", "work"])) }
  }

  @Test(arguments: [
    [], ["dance"], ["link"], ["link", "home", "--resolved"], ["link", "home", "--resolved", "a"], ["link", "home", "--resolved", "a=b"],
    ["link", "home", "--resolved", "a=224.0.0.1"], ["wait", "home"], ["wait", "home", "--seconds=3601"], ["wait", "home", "--seconds=-1"],
    ["plan", "home", "dance"], ["plan", "home", "up", "down"],
    ["attach", "home"], ["attach", "home", "--namespace=3"], ["attach", "home", "--label=x"], ["detach", "home"],
    ["attach", "home", "--namespace=2", "--label=x"], ["attach", "home", "--namespace=-1", "--label=x"],
    ["attach", "home", "--namespace=3", "--namespace=4", "--label=x"], ["attach", "home", "--namespace=3", "--label="],
    ["attach", "home", "--namespace=3", "--label= x"], ["attach", "home", "--namespace=3", "--label=42"],
    ["attach", "home", "--namespace=3", "--label=\u{1b}"],
    ["attach", "home", "--namespace=3", "--label=x", "--link=lo"], ["attach", "home", "--namespace=3", "--label=x", "--link=a/b"],
    ["attach", "home", "--namespace=3", "--label=x", "--link=eth%d"], ["attach", "home", "--namespace=3", "--label=x", "--link=.."],
    ["attach", "home", "--namespace=3", "--label=x", "--link=sixteenletterss0"],
    ["attach", "home", "--namespace=3", "--label=x", "--pid=0"],
    ["attach", "home", "--namespace=3", "--label=x", "--beside=10.0.0.0/33"], ["attach", "home", "--namespace=3", "--label=x", "--beside"],
    ["attach", "home", "--namespace=3", "--label=x", "--beside=", "--beside="],
    ["attach", "home", "--namespace=3", "--label=x", "--pid=2147483648"],
    ["attach", "home", "--namespace=3", "--label=x", "--pid=4294967295"],
    ["publish", "home", "--namespace=3"], ["publish", "home", "--namespace=3", "--add=80"], ["publish", "home", "--relay=4", "--add=80"],
    ["publish", "home", "--namespace=3", "--relay=4", "--remove=80"], ["publish", "home", "--namespace=3", "--relay=3", "--add=80"],
    ["publish", "home", "--namespace=3", "--relay=2", "--add=80"], ["publish", "home", "--namespace=3", "--relay=4", "--add=0"],
    ["publish", "home", "--namespace=3", "--relay=4", "--add=80", "--remove=81"],
    ["publish", "home", "--namespace=3", "--relay=4", "--add=80", "--add=81"], ["publish", "home", "--remove=80"],
    ["publish", "home", "--namespace=3", "--relay=4", "--relay=5", "--add=80"],
    ["attach", "home", "--namespace=3", "--label=x", "--add=80"],
  ])
  func refused(words: [String]) {
    #expect(throws: RequestRefusal.wrongUse) { try HelperRequest(bytes(words)) }
  }

  @Test func removals() throws {
    var request = HelperRequest(.publish, home)
    request.attachment.namespace = 3
    request.publication.removed = PublishedPort.list("8080:80".utf8)!
    #expect(try HelperRequest(request.words) == request)
  }

  @Test func badNames() {
    #expect(throws: RequestRefusal.badName(Array("ho me".utf8))) { try HelperRequest(bytes(["link", "ho me"])) }
    #expect(throws: RequestRefusal.badName(Array("-x".utf8))) { try HelperRequest(bytes(["show", "-x"])) }
  }

  @Test func launches() throws {
    var request = LaunchRequest(home, environment: 3, command: bytes(["ls", "--", "-l"]))
    #expect(try LaunchRequest(request.words) == request)
    (request.isVerbose, request.isQuiet, request.user) = (true, true, Array("1:2:3,4".utf8))
    #expect(try LaunchRequest(request.words) == request)
    request.isAgain = true
    #expect(try LaunchRequest(request.words) == request)
    #expect(try LaunchRequest.isAgain(#require(request.words.first)))
    (request.isStrict, request.allowed) = (true, bytes(["/run/user/1/bus", "/tmp/ a"]))
    #expect(try LaunchRequest(request.words) == request)
    (request.isStrict, request.allowed, request.user) = (false, [], nil)
    (request.forward, request.forwardRun) = (51413, Array("echo {port}".utf8))
    #expect(try LaunchRequest(request.words) == request)
    request.errors = 7
    #expect(try LaunchRequest(request.words) == request)
    (request.lan, request.relay) = (LANDestination.list("192.168.50.7:445,fd00::/64".utf8)!, 9)
    #expect(try LaunchRequest(request.words) == request)
    (request.lan, request.relay) = ([], nil)
    (request.joined, request.forward, request.forwardRun) = (8, nil, nil)
    #expect(try LaunchRequest(request.words) == request)
    for words in [
      ["--environment=3", "--errors=3", "home", "--", "ls"], ["--environment=3", "--errors=2", "home", "--", "ls"],
      ["--environment=3", "--errors=", "home", "--", "ls"], [], ["home", "--", "ls"], ["--environment=2", "home", "--", "ls"],
      ["--environment=3", "home", "--"], ["--environment=3"], ["--environment=3", "--allow=/run/x", "home", "--", "ls"],
      ["--environment=3", "--join=3", "home", "--", "ls"], ["--environment=3", "--join=2", "home", "--", "ls"],
      ["--environment=3", "--join=", "home", "--", "ls"], ["--environment=3", "--join=4", "--inbound=tcp/22", "home", "--", "ls"],
      ["--environment=3", "--lan=192.168.50.7", "home", "--", "ls"], ["--environment=3", "--relay=4", "home", "--", "ls"],
      ["--environment=3", "--lan=203.0.113.2", "--relay=4", "home", "--", "ls"],
      ["--environment=3", "--lan=192.168.50.7:53", "--relay=4", "home", "--", "ls"],
      ["--environment=3", "--forward=65536", "home", "--", "ls"], ["--environment=3", "--forward-run=x", "home", "--", "ls"],
      ["--environment=3", "--forward=0", "--forward-run=x", "--user=1:2:3", "home", "--", "ls"],
    ] {
      #expect(throws: RequestRefusal.wrongUse) { try LaunchRequest(bytes(words)) }
    }
    #expect(throws: RequestRefusal.badName(Array("ho me".utf8))) { try LaunchRequest(bytes(["--environment=3", "ho me", "--", "ls"])) }
  }

  @Test(
    "Words that are no command outside",
    arguments: ["", "--", "-- x", "--environment=2 -- x", "--environment=5 x", "--environment=5 --"])
  func noDirect(line: String) {
    #expect(throws: RequestRefusal.wrongUse) { try DirectRequest(bytes(line.split(separator: " ").map(String.init))) }
  }
}
