"""A program of the host that sends all the time, by TCP and UDP and both protocols, to addresses that no other program asks: each packet
that is seen of it while the system is behind a VPN is a leak. When it has sent from which port: a packet may wait for a neighbour.

   probe.py SECONDS"""
import socket, sys, time

QUERY = b"\0\1\1\0\0\1\0\0\0\0\0\0\5probe\4test\0\0\1\0\1"  # probe.test A
TO = [(socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.82", 7)), (socket.AF_INET, socket.SOCK_STREAM, ("192.0.2.82", 7)),
    (socket.AF_INET6, socket.SOCK_DGRAM, ("2001:db8:80::82", 7)), (socket.AF_INET6, socket.SOCK_STREAM, ("2001:db8:80::82", 7)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("198.51.100.1", 53))]
end = time.time() + float(sys.argv[1])
while time.time() < end:
    for family, kind, to in TO:
        with socket.socket(family, kind) as s:
            s.setblocking(False)
            at = time.time()
            try:
                s.connect(to)
                s.send(QUERY)
            except OSError: pass
            print(f"{at:.6f} {s.getsockname()[1]}", flush=True)
    time.sleep(0.02)
