"""Leaves descriptors of all kinds open, 0 among them, and becomes `vpnrun home -- …`, which says what arrived and still works."""

import os
import socket

INET, INET6, UNIX, NETLINK = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK
STREAM, DATAGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM

inside = """
import os, socket, stat
def kind(fd):
    mode = os.fstat(fd).st_mode
    if fd in (1, 2): return ""
    if stat.S_ISCHR(mode): return "=" + os.readlink(f"/proc/self/fd/{fd}")
    if stat.S_ISREG(mode): return "=file" * (os.read(fd, 4) == b"root")
    if stat.S_ISFIFO(mode): return "=pipe" * (os.read(fd, 4) == b"pipe")
    return "=unix" * (socket.socket(fileno=os.dup(fd)).recv(4) == b"unix")
fds = sorted(int(name) for name in os.listdir("/proc/self/fd"))
print(*(f"{fd}{kind(fd)}" for fd in fds if os.path.exists(f"/proc/self/fd/{fd}")))
"""

stream = socket.create_connection(("192.0.2.80", 80))
listener = socket.create_server(("127.0.0.1", 0))
near, far = socket.socketpair()
far.send(b"unix")
reading, writing = os.pipe()
os.write(writing, b"pipe")
kept = {
    0: socket.socket(INET, DATAGRAM).detach(),
    5: stream.detach(),
    6: socket.socket(INET6, DATAGRAM).detach(),
    7: socket.socket(NETLINK, socket.SOCK_RAW, 0).detach(),
    8: listener.detach(),
    9: os.open("/etc/passwd", os.O_RDONLY),
    10: reading,
    11: near.detach(),
    12: socket.socket(INET6, STREAM).detach(),
}
above = {fd: os.dup2(given, 100 + fd) for fd, given in kept.items()}
os.closerange(3, 100)
for fd, given in above.items():
    os.dup2(given, fd)
os.closerange(100, 1024)
os.execvp("vpnrun", ["vpnrun", "home", "--", "/usr/bin/python3", "-Ic", inside])
