// swift-tools-version: 6.2
import PackageDescription

// One set of sources, built twice. Ordinary Swift is for tests, sanitizers and coverage, and for `vpn-manage`.
// `--traits Embedded` (with a build folder of its own, see Makefile) makes the programs on the launch path: a few
// dozen kilobytes, no runtime library, no environment variable read before main. docs/architecture.md says why.
let embedded = BuildSettingCondition.when(traits: ["Embedded"])
let release = BuildSettingCondition.when(configuration: .release)

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]
let small: [SwiftSetting] =
  strict + [
    .enableExperimentalFeature("Embedded", embedded),
    .unsafeFlags(["-wmo", "-Osize", "-no-static-stdlib", "-Xfrontend", "-function-sections"], embedded),
  ]
let hardened = [
  "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "relro", "-Xlinker", "-z", "-Xlinker", "now", "-Xlinker", "--gc-sections", "-Xlinker",
  "--as-needed",
]
// Comparing strings would need Unicode's tables. None of the programs does; what the compiler makes for `Equatable` goes with --gc-sections.
let smallLinker: [LinkerSetting] = [.unsafeFlags(hardened + ["-no-static-stdlib"], embedded)]

let package = Package(
  name: "vpnrun",
  traits: [
    .trait(name: "Embedded", description: "Build vpnrun, vpn, vpn-launch and vpn-link without the Swift runtime."),
    .trait(name: "HelpersInLib", description: "The helpers lie in PREFIX/lib/vpnrun, not in PREFIX/libexec/vpnrun."),
  ],
  dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")],
  targets: [
    // Values: no kernel, no libc, nothing but the standard library.
    .target(name: "Version", swiftSettings: small),
    .target(name: "Applications", swiftSettings: small),
    .target(name: "NetworkModel", swiftSettings: small),
    .target(name: "Profile", dependencies: ["NetworkModel"], swiftSettings: small),
    .target(name: "NetworkPlan", dependencies: ["NetworkModel", "Profile"], swiftSettings: small),
    .target(name: "HelperWire", dependencies: ["NetworkModel"], swiftSettings: small),

    // The kernel's side.
    .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-fstack-protector-strong"])]),
    .systemLibrary(name: "CCap", providers: [.apt(["libcap-dev"])]),
    .target(name: "LinuxSystem", dependencies: ["CLinux"], swiftSettings: small),
    .target(name: "Privilege", dependencies: ["CLinux", "CCap", "LinuxSystem"], swiftSettings: small),
    .target(name: "Netlink", dependencies: ["CLinux", "LinuxSystem"], swiftSettings: small),
    .target(name: "KernelNetwork", dependencies: ["CLinux", "LinuxSystem", "Netlink", "NetworkModel"], swiftSettings: small),
    .target(
      name: "NetworkApply",
      dependencies: ["CLinux", "LinuxSystem", "Netlink", "KernelNetwork", "NetworkModel", "NetworkPlan", "Privilege"],
      swiftSettings: small),

    // The programs.
    .executableTarget(
      name: "vpnrun", dependencies: ["Applications", "HelperWire", "LinuxSystem", "NetworkModel", "NetworkPlan", "Privilege", "Version"],
      swiftSettings: small,
      linkerSettings: smallLinker),
    .executableTarget(
      name: "vpn", dependencies: ["HelperWire", "LinuxSystem", "NetworkModel", "NetworkPlan", "Privilege"], swiftSettings: small,
      linkerSettings: smallLinker),
    .executableTarget(
      name: "vpn-launch",
      dependencies: [
        "CLinux", "HelperWire", "LinuxSystem", "KernelNetwork", "Netlink", "NetworkApply", "NetworkModel", "NetworkPlan", "Privilege",
      ],
      swiftSettings: small, linkerSettings: smallLinker + [.linkedLibrary("cap")]),
    .executableTarget(
      name: "vpn-link",
      dependencies: [
        "CLinux", "HelperWire", "LinuxSystem", "KernelNetwork", "Netlink", "NetworkApply", "NetworkModel", "NetworkPlan", "Privilege",
        "Profile",
      ],
      swiftSettings: small, linkerSettings: smallLinker + [.linkedLibrary("cap")]),
    .target(name: "Diagnosis", dependencies: ["HelperWire", "NetworkModel", "NetworkPlan", "Profile"], swiftSettings: strict),
    .target(name: "ForeignProfiles", dependencies: ["NetworkModel", "Profile"], swiftSettings: strict),
    .target(
      name: "Commands",
      dependencies: [
        "Applications", "Diagnosis", "ForeignProfiles", "HelperWire", "LinuxSystem", "NetworkModel", "NetworkPlan", "Profile", "Version",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "vpn-manage", dependencies: ["Commands"], swiftSettings: strict, linkerSettings: [.unsafeFlags(hardened, release)]),

    .target(
      name: "TestSupport", dependencies: ["NetworkModel", "NetworkPlan", "Profile"], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "ApplicationsTests", dependencies: ["Applications"], swiftSettings: strict),
    .testTarget(name: "NetworkModelTests", dependencies: ["NetworkModel", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "ProfileTests", dependencies: ["Profile", "NetworkModel", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "NetworkPlanTests", dependencies: ["NetworkPlan", "Profile", "NetworkModel", "TestSupport"], exclude: ["Snapshots"],
      swiftSettings: strict),
    .testTarget(
      name: "NetlinkTests", dependencies: ["Netlink", "LinuxSystem", "Privilege", "CLinux", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "KernelNetworkTests",
      dependencies: [
        "KernelNetwork", "NetworkApply", "NetworkPlan", "Netlink", "LinuxSystem", "NetworkModel", "Privilege", "Profile", "CLinux",
        "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(name: "LinuxSystemTests", dependencies: ["LinuxSystem", "Privilege", "CLinux"], swiftSettings: strict),
    .testTarget(name: "VPNRunTests", dependencies: ["vpnrun", "LinuxSystem", "NetworkModel", "Privilege"], swiftSettings: strict),
    .testTarget(name: "HelperWireTests", dependencies: ["HelperWire", "NetworkModel", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "CommandsTests",
      dependencies: [
        "Commands", "Diagnosis", "ForeignProfiles", "HelperWire", "LinuxSystem", "NetworkModel", "NetworkPlan", "Profile", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(name: "LayeringTests", swiftSettings: strict),
  ])
