public import LinuxSystem

/// Keeps these capabilities permitted, none effective, and refuses every circumstance under which they would mean something else.
public func establishIdentity(keeping capabilities: [Capability], program: String) throws(Failure) {
  let hasCapabilities = try attempting("read capabilities") { () throws(SystemError) in try Capabilities.restrict(to: capabilities) }
  let isInitial = try attempting("look at this process") { () throws(SystemError) in try Process.isInInitialUserNamespace() }
  guard hasCapabilities, isInitial else {
    throw Failure("\(program) has no capabilities: \(Process.whyCapabilitiesAreMissing)")
  }
  guard Process.hasItsCallersIdentity else { throw Failure("\(program) must not be setuid or setgid") }
  guard Process.isGuardedFromItsCaller else {
    throw Failure("\(program) must have its capabilities from its file, not from a wrapper that hands over ambient ones: see SECURITY.md")
  }
  let isSingle = try attempting("look at this process") { () throws(SystemError) in try Process.isSingleThreaded() }
  guard isSingle else { throw Failure("\(program) has more than one thread") }
}
