#!/usr/bin/python3
"""web.py PORT [LOG]: answers GET / with the peer's address, GET /big with bytes without end, on IPv4 and, where there is one, IPv6.

Prints "ready" when it listens; every accepted connection is a line in LOG, also one that never sends a request.
"""

import http.server
import os
import socket
import sys
import time


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        if self.path == "/big":
            chunk = bytes(1 << 16)
            while True:  # some megabytes a second: enough to be in flight, not so much that the machine is busy
                self.wfile.write(chunk)
                time.sleep(0.01)
        self.wfile.write(f"{plain(self.client_address)}\n".encode())

    def log_message(self, *_):
        pass


has_ipv6 = os.path.exists("/proc/net/if_inet6")


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if has_ipv6 else socket.AF_INET
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self):
        if has_ipv6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def get_request(self):
        connection, peer = super().get_request()
        if len(sys.argv) > 2:
            with open(sys.argv[2], "a", encoding="ascii") as log:
                log.write(f"{plain(peer)} {plain(connection.getsockname())}\n")
        return connection, peer

    def handle_error(self, *_):  # a client that hangs up
        pass


def plain(address):
    return address[0].removeprefix("::ffff:")


server = Server(("::" if has_ipv6 else "", int(sys.argv[1])), Answer)
print("ready", flush=True)
server.serve_forever()
