#!/usr/bin/python3
"""whoami.py PORT: a DNS server on UDP that answers every query with the address of who asks, on IPv4 and IPv6. Prints "ready"."""

import ipaddress
import socket
import sys

server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
server.bind(("::", int(sys.argv[1])))
print("ready", flush=True)
while True:
    query, peer = server.recvfrom(4096)
    address = ipaddress.ip_address(peer[0].removeprefix("::ffff:"))
    kind = 1 if address.version == 4 else 28
    # The question, then one record of that name, class IN, for a second.
    answer = query[:2] + b"\x81\x80\0\x01\0\x01\0\0\0\0" + query[12:] + b"\xc0\x0c"
    answer += kind.to_bytes(2, "big") + b"\0\x01\0\0\0\x01" + len(address.packed).to_bytes(2, "big") + address.packed
    server.sendto(answer, peer)
