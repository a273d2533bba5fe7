#!/usr/bin/python3
"""page.py PORT LOG: answers every GET with a page that shows the client's address, and appends `ADDRESS PATH` to LOG. Prints "ready" when it listens."""

import http.server
import socket
import sys


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        address = self.client_address[0].removeprefix("::ffff:")
        with open(sys.argv[2], "a", encoding="utf-8") as log:
            log.write(f"{address} {self.path}\n")
        body = f"<!doctype html><title>{address} {self.path[1:]}</title><p style='font:40px sans-serif'>Seen as<br><b>{address}</b>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


server = Server(("::", int(sys.argv[1])), Answer)
print("ready", flush=True)
server.serve_forever()
