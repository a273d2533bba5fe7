import FoundationEssentials
import HelperWire
import LinuxSystem
import NetworkModel
import Testing

@testable import Commands
@testable import Diagnosis

@Suite struct ContainerTests {
  @Test("As what `vpn ps` lists a container") func labels() {
    let id = String(repeating: "0a", count: 32)
    #expect(Attachment.label(ofContainer: id) == "0a0a0a0a0a0a")
    #expect(Attachment.label(ofContainer: "web") == "web")
    #expect(Attachment.label(ofContainer: "a b\u{e9}") == "a_b__")
    #expect(Attachment.label(ofContainer: "") == "container" && Attachment.label(ofContainer: "-x") == "container")
    #expect(Attachment.label(ofContainer: String(repeating: "x", count: 99)).utf8.count == 60)
    #expect(Attachment.isOnly(id) && Attachment.isOnly("web") && !Attachment.isOnly(String(repeating: "x", count: 99)))
  }

  @Test("What is not understood comes through as it was") func values() throws {
    let text = #"{"a":[1,-2,1.5,18446744073709551615,true,false,null,"x"],"b":{"c":{}},"d":[]}"#
    let value = try #require(JSONValue(Array(text.utf8)))
    #expect(jsonText(value, inOneLine: true) == text + "\n")
    #expect(value["a"]?.elements[3] == .unsigned(.max) && value["a"]?.elements[4] == .boolean(true))
    #expect(JSONValue(Array("{".utf8)) == nil && JSONValue([]) == nil)
    #expect(value["d"]?.isEmpty == true && value["b"]?["nothing"] == nil)
  }

  private func folder() -> TestFolder {
    let folder = TestFolder()
    for name in ["cni", "networks"] { folder.makeFolder(name) }
    for (name, id) in [("home", 1), ("work", 2)] {
      folder.write(
        "etc/\(name).conf",
        """
        [VPN]
        ID = \(id)

        [Interface]
        PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
        Address = 172.27.\(id).34
        DNS = 172.27.\(id).1, corp.test

        [Peer]
        PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
        AllowedIPs = 0.0.0.0/0
        Endpoint = 203.0.113.2:51820

        """)
    }
    return folder
  }

  @Test("What is written, and that nothing is left of it") func enabled() throws {
    let folder = folder()
    let installation = folder.installation
    let answer = try ContainersEnableRequest().perform(on: installation, style: .plain)
    #expect(answer.text.hasPrefix("containers can have home and work as their only network\n"))
    #expect(
      installation.containersReportFiles == [
        "cdi/vpnrun.json", "cdi/vpnrun/home.resolv", "cdi/vpnrun/work.resolv", "cni/vpnrun",
        "networks/95-vpnrun-home.conflist", "networks/95-vpnrun-work.conflist",
      ])
    #expect(folder.text(of: "cni/vpnrun") == "#!/bin/sh\n# vpnrun: containers\nexec \(folder.path)/vpn-manage engine cni \"$@\"\n")
    #expect(folder.mode(of: "cni/vpnrun") == 0o755 && folder.mode(of: "cdi/vpnrun.json") == 0o644)
    let cdi = try #require(JSONValue(Array((folder.text(of: "cdi/vpnrun.json") ?? "").utf8)))
    let edits = cdi["devices"]?.elements.first?["containerEdits"]
    #expect(edits?["hooks"]?.elements.first?["hookName"]?.string == "createRuntime")
    #expect(edits?["mounts"]?.elements.first?["hostPath"]?.string == "\(folder.path)/cdi/vpnrun/home.resolv")
    // Once more: nothing is written.
    #expect(try installation.writeContainerFiles() == false)
    // A profile goes.
    _ = try RemoveRequest(name: "work").perform(on: installation, style: .plain)
    #expect(folder.names(in: "networks") == ["95-vpnrun-home.conflist"] && folder.names(in: "cdi/vpnrun") == ["home.resolv"])
    folder.write("networks/10-other.conflist", "{}")
    _ = try ContainersDisableRequest().perform(on: installation, style: .plain)
    #expect(folder.names(in: "networks") == ["10-other.conflist"] && folder.names(in: "cni") == [])
    #expect(!Files.exists("\(folder.path)/cdi"))
    #expect(try ContainersDisableRequest().perform(on: installation, style: .plain).notes == ["container engines knew of no VPN"])
  }

  @Test("Where the programs are is told by the path that an upgrade keeps") func lasting() throws {
    let folder = TestFolder()
    folder.makeFolder("programs/1/libexec/vpnrun")
    folder.makeFolder("programs/2/libexec/vpnrun")
    folder.makeFolder("sw/libexec/vpnrun")
    let program = folder.write("programs/1/libexec/vpnrun/vpn-manage", "1")
    func lasting() -> String {
      String(Installation.lasting(program, system: "\(folder.path)/sw").dropFirst(folder.path.utf8.count))
    }
    #expect(lasting() == "/programs/1/libexec/vpnrun/vpn-manage")
    // Another program of that name, of another version, is none.
    folder.write("sw/libexec/vpnrun/vpn-manage", "another one")
    #expect(lasting() == "/programs/1/libexec/vpnrun/vpn-manage")
    try FileManager.default.removeItem(atPath: "\(folder.path)/sw/libexec/vpnrun/vpn-manage")
    try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/sw/libexec/vpnrun/vpn-manage", withDestinationPath: program)
    #expect(lasting() == "/sw/libexec/vpnrun/vpn-manage")
    try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/programs/current", withDestinationPath: "1")
    #expect(lasting() == "/programs/current/libexec/vpnrun/vpn-manage")
  }

  @Test("A profile that cannot be read is told of") func unreadable() throws {
    let folder = folder()
    let installation = folder.installation
    folder.write("etc/work.conf", "nonsense")
    let note = "work: \(folder.path)/etc/work.conf cannot be read, so container engines are not told of it"
    #expect(try ContainersEnableRequest().perform(on: installation, style: .plain).notes == [note])
    #expect(folder.names(in: "cdi/vpnrun") == ["home.resolv"])
    #expect(installation.keepContainers() == ["containers: \(note)"])
  }

  @Test("What another has put there stays, and nothing is half made") func foreign() {
    let folder = folder()
    folder.write("cni/vpnrun", "#!/bin/sh\n")
    #expect(throws: Failure.self) { try ContainersEnableRequest().perform(on: folder.installation, style: .plain) }
    #expect(!Files.exists("\(folder.path)/cdi"))
  }

  @Test("config.json gets the hook once, and the VPN's resolv.conf") func runtime() throws {
    let folder = folder()
    let installation = folder.installation
    let name = try #require(VPNName("home"))
    _ = try installation.writeContainerFiles()
    let text = #"""
      {"ociVersion":"1.0.2","hooks":{"prestart":[{"path":"/a"}],"createRuntime":[{"path":"/b"}]},
      "mounts":[{"destination":"/proc"},{"destination":"/etc/resolv.conf","source":"/x","options":["rbind"]}]}
      """#
    let old = try #require(JSONValue(Array(text.utf8)))
    let new = RuntimeRequest.withHook(old, name, on: installation)
    #expect(new["hooks"]?["prestart"] == old["hooks"]?["prestart"] && new["hooks"]?["createRuntime"]?.elements.count == 2)
    #expect(new["mounts"]?.elements.last?["source"]?.string == "\(folder.path)/cdi/vpnrun/home.resolv")
    #expect(new["mounts"]?.elements.first == old["mounts"]?.elements.first && new["ociVersion"] == old["ociVersion"])
    #expect(RuntimeRequest.withHook(new, name, on: installation) == new)
  }

  @Test(
    "Where a new container's configuration is",
    arguments: [
      ("create --bundle /b id", "/b"), ("--root /r --log x create --bundle=/b id", "/b"), ("run -b /b id", "/b"), ("create id", "."),
      ("start id", nil), ("--root create delete id", nil), ("exec -b /b id", nil), ("state run", nil),
    ] as [(String, String?)]) func bundle(line: String, folder: String?)
  {
    #expect(RuntimeRequest(vpn: "home", words: line.split(separator: " ").map(String.init)).bundle == folder)
  }

  @Test("Beside another plugin a pod chooses by its annotation, and keeps what it has") func chain() throws {
    func config(_ text: String) throws -> JSONValue { try #require(JSONValue(Array(text.utf8))) }
    let annotated = #""runtimeConfig": {"io.kubernetes.cri.pod-annotations": {"vpnrun/vpn": "work"}}"#
    #expect(try CNIRequest.chosen(config(#"{"name": "pods", "beside": []}"#), isBeside: true) == nil)
    #expect(try CNIRequest.chosen(config(#"{"name": "pods", "beside": [], "vpn": "home"}"#), isBeside: true) == "home")
    #expect(try CNIRequest.chosen(config(#"{"name": "pods", "beside": [], "vpn": "home", \#(annotated)}"#), isBeside: true) == "work")
    // Alone, no pod chooses.
    #expect(try CNIRequest.chosen(config(#"{"name": "home", \#(annotated)}"#), isBeside: false) == "home")
    #expect(try CNIRequest.kept(config(#"{"beside": ["10.96.0.1/12"]}"#)) == [Prefix("10.96.0.0/12")!])
    let many = Array(repeating: #""10.0.0.0/8""#, count: 65).joined(separator: ",")
    for wrong in [#""10.0.0.0/8""#, #"["0.0.0.0/0"]"#, "[7]", "true", "[\(many)]"] {
      #expect(throws: CNIRequest.Problem.self) { try CNIRequest.kept(config(#"{"beside": \#(wrong)}"#)) }
    }
    let previous = try config(
      """
      {"interfaces": [{"name": "cni0"}, {"name": "eth0"}], "ips": [{"interface": 1, "address": "10.88.0.7/24"}],
       "dns": {"nameservers": ["10.96.0.10"]}}
      """)
    let own = try config(
      #"{"interfaces": [{"name": "vpn0"}], "ips": [{"interface": 0, "address": "10.20.1.2/24"}], "dns": {"nameservers": ["1.1.1.1"]}}"#)
    let joined = CNIRequest.joined(previous, own)
    #expect(CNIRequest.addresses(of: "eth0", in: joined) == ["10.88.0.7/24"])
    #expect(CNIRequest.addresses(of: "vpn0", in: joined) == ["10.20.1.2/24"])
    #expect(joined["dns"]?["nameservers"]?.elements.map { $0.string } == ["10.96.0.10"])
  }

  @Test("CNI's result in each version") func result() {
    let report = AttachmentReport(
      vpn: "home", label: "x", link: "eth0", mac: "02:76:70:00:00:02", mtu: 1420, addresses: ["10.20.1.2/24", "fd76::2/64"],
      gateways: ["10.20.1.1", "fd76::1"], dns: ["172.27.12.1"], search: ["corp.test"], resolvConf: nil, port: "v2", kept: nil)
    let new = CNIRequest.result(report, "1.1.0", "/run/netns/a")
    #expect(new["interfaces"]?.elements.first?["mtu"] == .integer(1420) && new["ips"]?.elements.first?["version"] == nil)
    #expect(new["routes"]?.elements.map { $0["dst"]?.string } == ["0.0.0.0/0", "::/0"])
    let old = CNIRequest.result(report, "0.4.0", "/run/netns/a")
    #expect(old["ips"]?.elements.map { $0["version"]?.string } == ["4", "6"] && old["interfaces"]?.elements.first?["mtu"] == nil)
  }

  @Test("Engines and what they are told") func engines() throws {
    let version = Installation.EngineVersion.init
    #expect(version("Docker version 20.10.24+dfsg1, build 297e128").major == 20 && version("Docker version 26.1.5, build x").isDocker)
    #expect(version("podman version 4.3.1").minor == 3 && !version("podman version 4.3.1").isDocker && version("").text == nil)
  }

  @Test("Who lives in a box is a problem, with what to do") func lodgers() {
    var facts = HostFacts(links: [], rules: [], settings: [:], pins: [], vpns: [], now: 0, installed: 0)
    #expect(!facts.findings.contains { $0.check == "box" })
    facts.lodgers = [Lodger(vpn: "home", pid: 42, command: "nginx")]
    let found = facts.findings.filter { $0.check == "box" }
    #expect(found.map(\.severity) == [.problem] && found[0].what.contains("nginx (pid 42)"))
    #expect(found[0].fix?.contains("--device vpnrun/vpn=home") == true)
  }
}

extension Installation {
  fileprivate var containersReportFiles: [String] {
    let start = profiles.path.dropLast("etc".count)
    return containerFiles().map { String($0.dropFirst(start.count)) }.sorted()
  }
}
