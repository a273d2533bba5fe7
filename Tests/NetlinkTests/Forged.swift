@testable import Netlink

/// A message as the kernel sends it.
func message(type: UInt16 = 16, flags: UInt16 = 0, number: UInt32, _ body: [UInt8] = []) -> [UInt8] {
  var p = Payload()
  p.append(UInt32(16 + body.count))
  p.append(UInt32(flags) << 16 | UInt32(type))
  p.append(number)
  p.append(UInt32(0))
  return p.bytes + body
}

/// NLMSG_ERROR with the header of what it is about; 0 acknowledges.
func acknowledgement(_ code: Int32, number: UInt32) -> [UInt8] {
  var p = Payload()
  p.append(code)
  return message(type: 2, number: number, p.bytes + message(number: number))
}

/// NLMSG_DONE.
func done(_ code: Int32 = 0, flags: UInt16 = 0, number: UInt32 = 1) -> [UInt8] {
  var p = Payload()
  p.append(code)
  return message(type: 3, flags: flags, number: number, p.bytes)
}

/// NLM_F_DUMP_INTR.
let interrupted: UInt16 = 0x10
