import Testing

/// What each module may know. A module that is not here fails the test.
private let allowed: [String: Set<String>] = [
  // Values: nothing but the standard library.
  "Version": [],
  "Applications": [],
  "NetworkModel": [],
  "Profile": ["NetworkModel"],
  "NetworkPlan": ["NetworkModel", "Profile"],
  "HelperWire": ["NetworkModel"],
  "Diagnosis": ["HelperWire", "NetworkModel", "NetworkPlan", "Profile"],
  "ForeignProfiles": ["NetworkModel", "Profile"],

  // The kernel's side.
  "CLinux": [],
  "CCap": [],
  "LinuxSystem": ["CLinux"],
  "Privilege": ["CLinux", "CCap", "LinuxSystem"],
  "Netlink": ["CLinux", "LinuxSystem"],
  "KernelNetwork": ["CLinux", "LinuxSystem", "Netlink", "NetworkModel"],
  "NetworkApply": ["CLinux", "LinuxSystem", "Netlink", "KernelNetwork", "NetworkModel", "NetworkPlan", "Privilege"],

  // The programs.
  "vpnrun": ["Applications", "HelperWire", "LinuxSystem", "NetworkModel", "NetworkPlan", "Privilege", "Version"],
  "vpn": ["HelperWire", "LinuxSystem", "NetworkModel", "NetworkPlan", "Privilege"],
  "vpn-launch": [
    "CLinux", "HelperWire", "LinuxSystem", "Netlink", "KernelNetwork", "NetworkApply", "NetworkModel", "NetworkPlan", "Privilege",
  ],
  "vpn-link": [
    "CLinux", "HelperWire", "LinuxSystem", "Netlink", "KernelNetwork", "NetworkApply", "NetworkModel", "NetworkPlan", "Privilege",
    "Profile",
  ],
  "Commands": [
    "Applications", "Diagnosis", "ForeignProfiles", "HelperWire", "LinuxSystem", "NetworkModel", "Profile", "NetworkPlan", "Version",
    "ArgumentParser", "FoundationEssentials",
  ],
  "vpn-manage": ["Commands"],
]

/// Come with the toolchain, so that Package.swift does not name them.
private let system: Set<String> = ["FoundationEssentials"]

@Suite struct ImportTests {
  @Test func everyModuleHasItsPlace() throws {
    #expect(try PackageText.modules() == allowed.keys.sorted())
  }

  @Test("Package.swift allows a module no more than its place does", arguments: allowed.keys.sorted())
  func declared(module: String) throws {
    let declared = try #require(try PackageText.declaredDependencies()[module])
    let more = declared.subtracting(allowed[module]!)
    #expect(more.isEmpty, "Package.swift: \(module) depends on \(more.sorted())")
  }

  @Test("Files import no more than their module's place allows", arguments: allowed.keys.sorted())
  func imported(module: String) throws {
    for (file, name) in try PackageText.imports("Sources/\(module)") {
      #expect(allowed[module]!.contains(name), "\(file) imports \(name)")
    }
  }

  @Test("What is imported is declared: another target's dependency is not enough", arguments: allowed.keys.sorted())
  func importsAreDeclared(module: String) throws {
    let declared = try #require(try PackageText.declaredDependencies()[module])
    for (file, name) in try PackageText.imports("Sources/\(module)") where !system.contains(name) {
      #expect(declared.contains(name), "\(file) imports \(name), which Package.swift does not give to \(module)")
    }
  }

  /// They have capabilities, or start those that have: no code that reads the environment, no thread, no locale.
  @Test("Programs on the launch path have no runtime library beside them", arguments: ["vpnrun", "vpn", "vpn-launch", "vpn-link"])
  func launchPath(program: String) throws {
    let modules = try PackageText.closure(of: program)
    #expect(modules.contains("LinuxSystem"))
    for module in modules.sorted() {
      for (file, name) in try PackageText.imports("Sources/\(module)") {
        #expect(allowed.keys.contains(name), "\(file) imports \(name), which becomes a part of \(program)")
      }
    }
  }

  @Test("The reading itself") func reading() throws {
    let declared = try PackageText.declaredDependencies()
    #expect(declared["NetworkModel"] == [])
    #expect(declared["Profile"] == ["NetworkModel"])
    #expect(declared["Commands"]?.contains("ArgumentParser") == true)
    #expect(declared["Commands"]?.contains("swift-argument-parser") == false)
    #expect(declared["KernelNetworkTests"]?.contains("NetworkApply") == true)
    #expect(try PackageText.closure(of: "vpn-link").contains("CCap"))
    #expect(try PackageText.closure(of: "vpnrun").isDisjoint(with: ["KernelNetwork", "NetworkApply", "Commands"]))
  }
}
