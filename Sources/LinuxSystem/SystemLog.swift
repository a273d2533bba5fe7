internal import CLinux

/// One line for the system's log, if one listens: as private as what sudo(8) logs (LOG_AUTHPRIV, LOG_INFO). Sent without syslog(3), which
/// reads the time zone's file and the environment.
public func log(_ line: String, as program: String) {
  let text = Array("<86>\(program)[\(getpid())]: \(line)".utf8)
  unsafe text.withUnsafeBytes { unsafe _ = clinux_send_datagram("/dev/log", $0.baseAddress!, $0.count) }
}
