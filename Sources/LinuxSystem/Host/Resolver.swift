// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

/// Why a name has no address, in the C library's words.
public struct ResolverError: Error {
  public let reason: String
}

/// All answers of the system's resolver, the one to prefer first: it knows which families have a route, but not which of these leads into a
/// VPN. For programs without capabilities only: plug-ins answer.
/// - Returns: each 4 or 16 bytes in network order.
public func addresses(of host: String) throws(ResolverError) -> [[UInt8]] {
  var hints = unsafe addrinfo()
  unsafe hints.ai_flags = AI_ADDRCONFIG
  unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
  var answers: UnsafeMutablePointer<addrinfo>?
  let error = unsafe getaddrinfo(host, nil, &hints, &answers)
  guard error == 0 else {
    throw ResolverError(reason: error == EAI_SYSTEM ? SystemError("getaddrinfo").reason : unsafe String(cString: gai_strerror(error)))
  }
  defer { unsafe freeaddrinfo(answers) }
  var found: [[UInt8]] = []
  var next = unsafe answers
  while let answer = unsafe next {
    if let bytes = unsafe answer.pointee.ai_addr.flatMap({ unsafe addressBytes(in: $0) }), !found.contains(bytes) { found.append(bytes) }
    unsafe next = answer.pointee.ai_next
  }
  return found
}

/// - Returns: `nil` if it is of another family.
func addressBytes(in socketAddress: UnsafePointer<sockaddr>) -> [UInt8]? {
  // SAFETY: the family says as what the resolver has written it.
  let raw = unsafe UnsafeRawPointer(socketAddress)
  switch unsafe Int32(socketAddress.pointee.sa_family) {
  case AF_INET:
    var address = unsafe raw.loadUnaligned(as: sockaddr_in.self).sin_addr
    return unsafe withUnsafeBytes(of: &address) { unsafe Array($0) }
  case AF_INET6:
    var address = unsafe raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
    return unsafe withUnsafeBytes(of: &address) { unsafe Array($0) }
  default: return nil
  }
}
#endif
