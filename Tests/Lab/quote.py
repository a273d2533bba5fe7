# Sends ICMP errors about a flow from 192.0.2.80 or 2001:db8:80::80, port 4000, as the root of an attached namespace can. Arguments: how
# (plain, or fragments: those whose first has no ICMP in it yet), own address, and whose flow: address and port. Or alone: flow, which makes one from port 4001.
import socket
import struct
import sys

if sys.argv[1] == "flow":
    for family, to in ((socket.AF_INET, "192.0.2.80"), (socket.AF_INET6, "2001:db8:80::80")):
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.bind(("", 4001))
        s.connect((to, 4000))
        s.send(b"x")
        print(s.getsockname()[0])
    sys.exit()
how, own, whose, port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
is6 = ":" in own
server = "2001:db8:80::80" if is6 else "192.0.2.80"
address = (lambda text: socket.inet_pton(socket.AF_INET6 if is6 else socket.AF_INET, text))
datagram = struct.pack("!HHHH", 4000, port, 12, 0) + b"spam"


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


if is6:
    quoted = struct.pack("!IHBB", 6 << 28, len(datagram), 17, 64) + address(server) + address(whose) + datagram
    error = struct.pack("!BBHI", 1, 4, 0, 0) + quoted
    pseudo = address(own) + address(server) + struct.pack("!II", len(error), 58)
    error = error[:2] + struct.pack("!H", checksum(pseudo + error)) + error[4:]
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(kind, payload):
        s.sendto(struct.pack("!IHBB", 6 << 28, len(payload), kind, 64) + address(own) + address(server) + payload, (server, 0))

    if how == "plain":
        send(58, error)
    else:
        # Destination options of 16 bytes, whose second half comes with the rest.
        whole = struct.pack("!BB", 58, 1) + b"\1\x0c" + b"\0" * 12 + error
        send(44, struct.pack("!BBHI", 60, 0, 1, 77) + whole[:8])
        send(44, struct.pack("!BBHI", 60, 0, 8, 77) + whole[8:])
else:
    quoted = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0) + address(server) + address(whose) + datagram
    quoted = quoted[:10] + struct.pack("!H", checksum(quoted[:20])) + quoted[12:]
    error = struct.pack("!BBHI", 3, 3, 0, 0) + quoted
    error = error[:2] + struct.pack("!H", checksum(error)) + error[4:]
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send4(offset, payload):
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 7, offset, 64, 1, 0) + address(own) + address(server)
        s.sendto(head + payload, (server, 0))

    if how == "plain":
        send4(0, error)
    else:
        send4(0x2000, error[:8])
        send4(1, error[8:])
