internal import Glibc
internal import NetworkModel

/// What a host name in a profile stands for now.
struct ResolvedHost: Equatable {
  var host: String
  var address: IPAddress
}

extension ResolvedHost {
  /// The first answer of the system's resolver: it knows which families have a route, and puts the one to prefer first.
  init(resolving host: String) throws(Failure) {
    var hints = unsafe addrinfo()
    unsafe hints.ai_flags = AI_ADDRCONFIG
    unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    var answers: UnsafeMutablePointer<addrinfo>?
    let error = unsafe getaddrinfo(host, nil, &hints, &answers)
    guard error == 0 else {
      let reason = error == EAI_SYSTEM ? SystemError.last.description : unsafe String(cString: gai_strerror(error))
      throw Failure("cannot resolve \(printable(host)): \(reason)")
    }
    defer { unsafe freeaddrinfo(answers) }
    guard let first = unsafe answers?.pointee.ai_addr, let address = unsafe IPAddress(in: first) else {
      throw Failure("cannot resolve \(printable(host)): it has no address")
    }
    self.host = host
    self.address = address
  }
}

extension IPAddress {
  /// `nil` if it is of another family.
  init?(in socketAddress: UnsafePointer<sockaddr>) {
    let raw = unsafe UnsafeRawPointer(socketAddress)
    switch unsafe Int32(socketAddress.pointee.sa_family) {
    case AF_INET:
      var address = unsafe raw.loadUnaligned(as: sockaddr_in.self).sin_addr
      unsafe self.init(bytes: withUnsafeBytes(of: &address) { unsafe Array($0) })
    case AF_INET6:
      var address = unsafe raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      unsafe self.init(bytes: withUnsafeBytes(of: &address) { unsafe Array($0) })
    default: return nil
    }
  }
}
