#!/usr/bin/python3
"""whoami.py PORT ADDRESS...: a DNS server on UDP that answers every query with the address of who asks. Prints "ready"."""

import ipaddress
import select
import socket
import sys

servers = []
for address in sys.argv[2:]:
    servers.append(socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM))
    servers[-1].bind((address, int(sys.argv[1])))
print("ready", flush=True)
while True:
    for server in select.select(servers, [], [])[0]:
        query, peer = server.recvfrom(4096)
        asker = ipaddress.ip_address(peer[0]).packed
        kind = 1 if len(asker) == 4 else 28
        # The question, then one record of that name, class IN, for a second.
        answer = query[:2] + b"\x81\x80\0\x01\0\x01\0\0\0\0" + query[12:] + b"\xc0\x0c"
        answer += kind.to_bytes(2, "big") + b"\0\x01\0\0\0\x01" + len(asker).to_bytes(2, "big") + asker
        server.sendto(answer, peer)
