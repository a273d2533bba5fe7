import HelperWire
import LinuxSystem
import NetworkModel
import Privilege
import Testing

@testable import vpnrun

@Suite struct RunRequestTests {
  private func read(_ line: String) throws(Failure) -> Typed { try Typed.read(line.split(separator: " ").map { Array($0.utf8) }) }

  private func request(_ line: String) throws -> RunRequest? {
    if case .run(let request) = try read(line) { request } else { nil }
  }

  private func refusal(_ line: String) -> (sentence: String, status: Int32)? {
    do throws(Failure) { _ = try read(line) } catch { return (error.sentence, error.status) }
    return nil
  }

  @Test func whereTheCommandBegins() throws {
    for (line, name, index) in [
      ("home curl -v", "home", 1), ("home -- curl", "home", 2), ("-- curl", nil, 1), ("home", "home", nil),
      ("-v home -- -- x", "home", 3), ("-q --cwd / home x", "home", 4), ("--cwd=/ -- x", nil, 2), ("home home", "home", 1),
      ("home --user=svc -- x", "home", 3), ("home -q --cwd / x -v", "home", 4), ("home -- -v", "home", 2), ("home -v", "home", nil),
    ] as [(String, String?, Int?)] {
      let request = try #require(try request(line))
      #expect(request.name?.description == name && request.commandIndex == index, "\(line)")
    }
    #expect(try read("") == .nothing)
  }

  @Test func outside() throws {
    for (line, index) in [("--direct -- curl", 2), ("--direct", nil), ("-q --cwd=/ --guard=off --direct -- x", 5)] as [(String, Int?)] {
      let request = try #require(try request(line))
      #expect(request.isDirect && request.name == nil && request.commandIndex == index, "\(line)")
    }
    let others = ["home --direct -- x", "--direct home", "--direct --strict -- x", "--direct -p 80 -- x", "--direct --wait -- x"]
    for line in ["--direct home -- x"] + others { #expect(refusal(line)?.status == 2, "\(line)") }
  }

  /// vpn-launch asks in its own words; nobody else's are taken for them.
  @Test func again() throws {
    var launch = LaunchRequest(try #require(VPNName("home")), environment: 5, command: [Array("x".utf8), Array("--".utf8)])
    (launch.isAgain, launch.user) = (true, Array("1:2:3".utf8))
    #expect(try Typed.read(launch.words) == .again(launch))
    #expect(try request("home -- --again")?.commandIndex == 2)
  }

  @Test func options() throws {
    let usual = try #require(try request("home"))
    #expect(usual == RunRequest(name: VPNName("home")))
    let all = try #require(try request("-vq --wait=7 --cwd /tmp --user=bob --guard warn home -v x"))
    #expect(all.isVerbose && all.isQuiet && all.wait == 7 && all.guarding == .warn)
    #expect(all.folder == Array("/tmp".utf8) && all.user == Array("bob".utf8) && all.commandIndex == 9)
    #expect(try request("home --user=svc -- x")?.user == Array("svc".utf8))
    #expect(try read("home --help") == .help)
    let clicked = try #require(try request("--desktop home -- x"))
    #expect(clicked.isForDesktop && !clicked.staysInside)
    let always = try #require(try request("--desktop=always home -- x"))
    #expect(always.isForDesktop && always.staysInside)
    // A word after it is the VPN's name.
    #expect(try request("--wait home")?.wait == 15)
    #expect(try request("--guard=off home")?.guarding == .off)
    #expect(usual.guarding == .refuse && usual.separation == .no)
    #expect(try request("--separate home -- x")?.separation == .usual)
    #expect(try request("home --separate=/f x")?.separation == .into(Array("/f".utf8)))
    let strict = try #require(try request("--strict --allow=x11,pulse home --allow dbus x"))
    #expect(strict.isStrict && strict.allowed == [.x11, .pulse, .dbus] && !usual.isStrict)
    let joined = try #require(try request("--join 4242 -- x"))
    #expect(joined.join == Array("4242".utf8) && joined.name == nil && joined.commandIndex == 3)
    #expect(try request("home --join=web x")?.join == Array("web".utf8))
    #expect(Option.helpText.contains(" only \(Allowed.words)\n"))
    #expect(try request("--forward home -- x")?.forward == 0)
    let forwarded = try #require(try request("--forward=51413 home --forward-run x -- y"))
    #expect(forwarded.forward == 51413 && forwarded.forwardRun == Array("x".utf8) && usual.forward == nil)
    #expect(try read("-vh") == .help)
    #expect(try read("--version home") == .version)
  }

  @Test(arguments: [
    ("--wiat home", "'--wiat'; did you mean --wait?"), ("--verbos home", "did you mean --verbose?"), ("--ver", "--verbose"),
    ("--nothing", "--help"), ("-x home", "'-x'"), ("-vx home", "'-vx'"), ("- home", "'-'"), ("--wait= home", "''"),
    ("--wait=0 home", "'0'"), ("--wait=3601 home", "'3601'"), ("--wait=-1 home", "'-1'"), ("--cwd", "--cwd=DIR"),
    ("--cwd= home", "--cwd=DIR"),
    ("--guard=no home", "'no'"), ("--help=x", "takes no value"), ("-v", "which VPN"), ("--", "which command"), ("home --", "`vpnrun home`"),
    ("home --wiat -- x", "did you mean --wait?"), ("home -x", "'-x'"), ("home -v --", "`vpnrun home`"),
    ("--separate home", "vpnrun --separate home -- firefox"), ("--separate --user=x home -- x", "leave --user out"),
    ("--allow=x11 home -- x", "--strict"), ("--allow=x11 home", "--strict"), ("--strict --allow=x12 home -- x", "'x12'"),
    ("--strict --allow=x11, home -- x", "''"), ("--strict --allow= home -- x", "--allow=LIST"), ("--strict=x home -- x", "takes no value"),
    ("--join=1 -p 80 -- x", "leave them or --join out"), ("--desktop=always --join=1 -- x", "leave it or --join out"),
    ("--join", "--join=PID|LABEL"),
    ("--forward=0 home -- x", "'0' is no port"), ("--forward= home -- x", "''"), ("--forward-run=x home -- x", "both, or neither"),
    ("--forward --forward-run=x --user=y home -- x", "leave --user out"), ("--forward --forward-run= home -- x", "--forward-run=COMMAND"),
    ("--forward --forward-run=x --strict home -- x", "--strict lets nothing be"),
    ("--strict --allow=x11 --user=x home -- x", "leave --user out"), ("--desktop --user=x home", "leave --user out"),
  ])
  func wrongUse(_ line: String, _ part: String) throws {
    let said = try #require(refusal(line))
    #expect(said.status == 2 && said.sentence.contains(part), "\(said.sentence)")
  }

  @Test func noName() { #expect(refusal("../x y")?.status == 125) }

  @Test func helpIsShortAndNarrow() {
    let lines = Option.helpText.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect(lines.count <= 32)
    for line in lines { #expect(line.count < 80, "\(line)") }
    for option in Option.all {
      #expect(lines.contains { $0.contains(" --\(option.long)") && $0.hasSuffix("\(option.help)") })
      let column = option.helpLine.utf8.count - option.help.utf8CodeUnitCount - 1
      #expect(column == 32, "\(option.helpLine)")
    }
    #expect(Set(Option.all.map { "\($0.long)" }).count == Option.all.count)
  }
}

@Suite struct CommandUserTests {
  @Test func numbers() throws {
    let user = try #require(CommandUser("1000:100:100,27,5".utf8))
    #expect(user.uid == 1000 && user.gid == 100 && user.groups == [100, 27, 5])
    #expect(CommandUser("1000:100:".utf8)?.groups == [])
  }

  /// 4294967295 is -1, which leaves an id as it is: setresuid(2).
  @Test(arguments: ["", "1000", "1000:100", "x:1:1", "1:1:x", "1:1:1,-1", "+1:1:1", "4294967295:1:1", "1:4294967295:1", "1:1:1:1"])
  func nonsense(_ text: String) { #expect(CommandUser(text.utf8) == nil) }

  @Test func account() throws {
    let root = try #require(UserAccount.named(Array("root".utf8)))
    #expect(root.uid == 0 && root.gid == 0 && root.home == Array("/root".utf8) && root.groups.contains(0))
    #expect(root.numbers.hasPrefix("0:0:0"))
    #expect(CommandUser(root.numbers.utf8)?.groups == root.groups)
    #expect(UserAccount.named(Array("0".utf8))?.name == root.name)
    #expect(UserAccount.named(Array("no-such-user".utf8)) == nil)
  }

  @Test(arguments: [
    ("SUDO_USER", true), ("SUDO_ASKPASS", true), ("SSH_AUTH_SOCK", true), ("KRB5CCNAME", true), ("SUDO", false), ("SSH_AUTH", false),
    ("SSH_AUTH_SOCKS", false), ("HOME", false), ("", false),
  ])
  func variable(_ name: String, _ isCallersAlone: Bool) { #expect(UserAccount.isCallersAlone(Array(name.utf8)) == isCallersAlone) }
}

@Suite struct CommandTests {
  /// No two VPNs have the same, and D-Bus takes it.
  @Test(arguments: [("home", "vpn_home"), ("home-2", "vpn_home_2d2"), ("home_2", "vpn_home_5f2"), ("A9", "vpn_A9")])
  func mozillaName(vpn: String, wanted: String) throws {
    let name = try #require(VPNName(vpn))
    #expect(Command.mozillaName(name) == Array(wanted.utf8))
  }

  @Test func separate() throws {
    let folder = "/tmp/vpnrun-separate-\(Process.id)"
    defer { Files.removeFolder(folder) }
    let name = try #require(VPNName("home"))
    let command = try Command(["nice", "firefox", "x"].map { Array($0.utf8) }, .into(Array("\(folder)/a".utf8)), in: name)
    #expect(command.words.prefix(4) == ["nice", "firefox", "--profile", "\(folder)/a"].map { Array($0.utf8) }[...])
    #expect(command.folder == Array("\(folder)/a".utf8) && Files.isDirectory("\(folder)/a"))
    for words in [["curl"], ["sh", "-c", "firefox"], ["emacsclient"]] {
      #expect(throws: Failure.self) { try Command(words.map { Array($0.utf8) }, .usual, in: name) }
    }
    let own = try Command(["firefox", "--profile", "/x"].map { Array($0.utf8) }, .usual, in: name)
    #expect(own.words.count == 3 && own.folder == nil)
  }
}
