"""ways-out.py [RUN...]: what a program finds that wants another network than its own; without words, in this process.

Prints a line for each way: its name, a tab, and `open` or `closed`. With words, it opens descriptors 2 and 5 as UNIX sockets in which a socket of
the caller's network waits, and becomes those words and itself. What is outside: outside.py, and what strict.test.sh has started.
"""

import array
import contextlib
import ctypes
import errno
import mmap
import os
import platform
import pty
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.expanduser("~")
libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
ASSIGNED = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, 17, 40)


def outside_process():
    with open(f"{HERE}/outside.pid") as file:
        return int(file.read())


def leads_out(passed):
    """A connection by a socket that was handed over: whether the web sees the host."""
    with socket.socket(fileno=passed) as connection:
        connection.settimeout(5)
        connection.connect(("192.0.2.80", 80))
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    return b"198.51.100.2" in answer


def received(from_socket):
    from_socket.settimeout(2)
    _, ancillary, _, _ = from_socket.recvmsg(16, socket.CMSG_SPACE(4))
    return leads_out(array.array("i", ancillary[0][2])[0])


def inherited(descriptor):
    return received(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=os.dup(descriptor)))


def connects(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        return received(client)


def agent(path):
    return subprocess.run(["ssh-add", "-l"], env={**os.environ, "SSH_AUTH_SOCK": path}, capture_output=True, check=False).returncode < 2


def bus(path, service, expected):
    """A service that the bus starts, with the network and the files that the bus has."""
    answer = f"{HERE}/answer"
    if os.path.exists(answer):
        os.remove(answer)
    ask = ["dbus-send", f"--bus=unix:path={path}", "--type=method_call", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.StartServiceByName"]
    for attempt in range(100):
        # A start that has failed meanwhile is asked for again.
        if attempt % 20 == 0:
            asked = subprocess.run([*ask, f"string:{service}", "uint32:0"], capture_output=True, check=False, timeout=10)
            if asked.returncode != 0:
                return False
        if os.path.exists(answer) and expected in open(answer).read():
            return True
        time.sleep(0.05)
    return False


def made(family, kind):
    try:
        socket.socket(family, kind).close()
        return True
    except OSError as error:
        # Any other answer is a family's own.
        return error.errno not in (errno.EAFNOSUPPORT, errno.EPERM)


def raw():
    for family, protocol in ((17, 0x300), (socket.AF_INET, 1), (socket.AF_INET6, 58)):
        try:
            socket.socket(family, socket.SOCK_RAW, protocol).close()
            return True
        except OSError:
            pass
    return False


def called(number, *arguments):
    return libc.syscall(ctypes.c_long(number), *arguments) >= 0


def of_i386():
    """getpid by int 0x80, in a child that a filter may end."""
    child = os.fork()
    if child == 0:
        code = bytes.fromhex("53b814000000cd805bc3")
        memory = mmap.mmap(-1, len(code), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        memory.write(code)
        got = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))()
        os._exit(0 if got == os.getpid() else 1)
    return os.waitpid(child, 0)[1] == 0


def typed():
    child, terminal = pty.fork()
    if child == 0:
        os._exit(0 if libc.ioctl(0, ctypes.c_ulong(0x5412), ctypes.c_char_p(b"#")) == 0 else 1)
    status = os.waitpid(child, 0)[1]
    os.close(terminal)
    return status == 0


def stolen():
    return called(438, os.pidfd_open(outside_process()), 0, 0)


def seen():
    with contextlib.suppress(OSError), open(f"/proc/{outside_process()}/cmdline") as file:
        if "outside.py" in file.read():
            return True
    os.kill(outside_process(), 0)
    return True


def signalled_job():
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    os.kill(0, signal.SIGUSR1)
    end = time.monotonic() + 1
    while time.monotonic() < end and not os.path.exists(f"{HERE}/signalled"):
        time.sleep(0.02)
    return os.path.exists(f"{HERE}/signalled")


def shared_memory():
    key = ctypes.c_int(0x56500000 + os.getuid())
    return libc.shmget(key, ctypes.c_size_t(0), 0) >= 0 or os.path.exists(f"/dev/shm/outside-{os.environ['LAB_ID']}")


def writes(*names):
    for name in names:
        path = f"{HERE}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "a") as file:
            file.write("")
    return True


def output(*words):
    return subprocess.run(words, capture_output=True, check=False, text=True).stdout


RUN = f"/run/user/{os.getuid()}"
WAYS = {
    "AF_VSOCK, to a hypervisor or a guest": lambda: made(40, socket.SOCK_STREAM),
    "AF_ALG, AF_BLUETOOTH and other families without a network": lambda: any(made(family, kind) for family in range(64) if family not in ASSIGNED for kind in (1, 2, 3, 5)),
    "AF_PACKET and raw sockets": raw,
    "io_uring, whose sockets no filter sees": lambda: called(425, 1, ctypes.create_string_buffer(120)),
    "system calls of another architecture (i386)": lambda: X86 and of_i386(),
    "keys, for which the kernel has a program of the host's ask for names": lambda: called(250 if X86 else 219, 0, -4, 1),
    "user namespaces, which browsers' sandboxes need": lambda: subprocess.run(["unshare", "-Ur", "true"], capture_output=True, check=False).returncode == 0,
    "setuid programs": lambda: output("/home/setuid", "-u") == "0\n",
    "programs with file capabilities": lambda: output("/home/capable", "-c", "^CapEff:.*[1-9a-f]", "/proc/self/status") == "1\n",
    "tracing a process outside, or taking its descriptors": stolen,
    "`/proc/PID/root` of a process outside": lambda: bool(os.listdir(f"/proc/{outside_process()}/root")),
    "seeing processes outside, and sending them signals": seen,
    "signals to other programs of its job": signalled_job,
    "memory shared with processes outside (System V, POSIX)": shared_memory,
    "the session's D-Bus, which starts programs outside": lambda: bus(f"{RUN}/bus", "test.Outside", "198.51.100.2"),
    "the system's D-Bus: systemd-resolved and others": lambda: bus("/run/dbus/system_bus_socket", "org.freedesktop.resolve1", "isp"),
    "X11": lambda: connects(f"/tmp/.X11-unix/X{os.environ['LAB_DISPLAY']}"),
    "Wayland, PulseAudio, PipeWire": lambda: connects(f"{RUN}/wayland-0") or connects(f"{RUN}/pulse/native") or connects(f"{RUN}/pipewire-0"),
    "ssh-agent, tmux and others with a socket in `/run` or `/tmp`": lambda: agent(f"{RUN}/agent") or connects(f"/tmp/tmux-{os.environ['LAB_ID']}/default"),
    "a socket in another folder, `~/.gnupg` for example": lambda: connects(f"{HERE}/.gnupg/S.gpg-agent"),
    "nscd": lambda: connects("/run/nscd/socket"),
    "abstract UNIX sockets": lambda: connects(f"\0outside-{os.environ['LAB_ID']}"),
    "a socket of the host's that waits in an inherited UNIX socket": lambda: inherited(5),
    "the same, in standard output or error": lambda: inherited(2),
    "typing into the terminal (TIOCSTI)": typed,
    "files that are executed outside: `~/.bashrc`, `~/.config/autostart`": lambda: writes(".bashrc", ".config/autostart/way.desktop"),
}


def is_open(way):
    try:
        return way()
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return False


def pair():
    near, far = socket.socketpair()
    with socket.socket() as given:
        socket.send_fds(far, [b"x"], [given.fileno()])
    # It waits there also when no process has the other end any more.
    return near.detach()


def mate():
    """Another program of the job, which says that it got a signal."""
    os.setpgid(0, 0)
    if os.path.exists(f"{HERE}/signalled"):
        os.remove(f"{HERE}/signalled")
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    if os.fork() == 0:
        if signal.sigtimedwait([signal.SIGUSR1], 60):
            open(f"{HERE}/signalled", "w").close()
        os._exit(0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])


if sys.argv[1:]:
    mate()
    above = [os.dup2(pair(), 100), os.dup2(pair(), 101)]
    os.dup2(above[0], 2)
    os.dup2(above[1], 5)
    os.closerange(6, 1024)
    os.execvp(sys.argv[1], [*sys.argv[1:], "/usr/bin/python3", "-I", __file__])
for name, way in WAYS.items():
    print(name, "open" if is_open(way) else "closed", sep="\t", flush=True)
