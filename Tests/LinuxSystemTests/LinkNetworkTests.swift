import LinuxSystem
import Testing

@Suite struct LinkNetworkTests {
  @Test(
    "Only the first bits count",
    arguments: [
      ([192, 168, 50, 0], 24, [192, 168, 50, 255], true), ([192, 168, 50, 0], 24, [192, 168, 51, 0], false),
      ([192, 168, 50, 16], 28, [192, 168, 50, 31], true), ([192, 168, 50, 16], 28, [192, 168, 50, 32], false),
      ([192, 168, 50, 7], 32, [192, 168, 50, 7], true), ([192, 168, 50, 7], 32, [192, 168, 50, 6], false),
      ([0, 0, 0, 0], 0, [255, 1, 1, 1], true),
      ([0, 0, 0, 0], 0, [UInt8](repeating: 0, count: 16), false),
      ([0xfd] + [UInt8](repeating: 0, count: 15), 7, [0xfc] + [UInt8](repeating: 9, count: 15), true),
    ] as [([UInt8], Int, [UInt8], Bool)])
  func contains(address: [UInt8], length: Int, other: [UInt8], expected: Bool) {
    #expect(LinkNetwork(address: address, length: length).contains(other) == expected)
  }
}
