#!/usr/bin/python3
"""stream.py WAY...: whatever programs send to the internet and to resolvers, without end, over IPv4 and IPv6.

A WAY is `plain`, a link that every socket is bound to, or `own`: bound to the uplink's addresses. Kinds are WAY-WHAT, where WHAT is http, tcp (a
download that was under way when this began), old (a UDP socket of then), udp, dns (three servers) and dnstcp, each with 4 or 6. Standard input:
`forget` begins to count anew what begins from then on, `tell` prints {kind: {"answers": {ANSWER: times}, "slowest": milliseconds}}. An answer is the peer's own word, "sent",
or an error's name.
"""

import asyncio
import errno
import functools
import json
import socket
import struct
import sys
import time

PAUSE = 0.025
PATIENCE = 0.4
WEB = {4: "192.0.2.80", 6: "2001:db8:80::80"}
OWN = {4: "198.51.100.2", 6: "2001:db8:100::2"}
RESOLVERS = {4: ("198.51.100.1", "192.168.50.20", "192.0.2.80"), 6: ("2001:db8:100::1", "2001:db8:80::80")}
QUERY = struct.pack(">6H", 77, 0x100, 1, 0, 0, 0) + b"\x03who\x04test\0" + struct.pack(">2H", 16, 1)
counts = {}
since = 0


def new_socket(way, family, kind):
    s = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, kind)
    s.setblocking(False)
    if way == "own":
        s.bind((OWN[family], 0))
    elif way != "plain":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, way.encode())
    return s


def text_record(message):
    return message[len(QUERY) + 13 :].decode() if len(message) > len(QUERY) + 13 else "no answer in it"


async def http(way, family):
    with new_socket(way, family, socket.SOCK_STREAM) as s:
        await loop.sock_connect(s, (WEB[family], 80))
        await loop.sock_sendall(s, b"GET / HTTP/1.0\r\n\r\n")
        said = b""
        while got := await loop.sock_recv(s, 4096):
            said += got
        return said.split()[-1].decode() if said else "hung up"


async def udp(way, family):
    with new_socket(way, family, socket.SOCK_DGRAM) as s:
        s.connect((WEB[family], 4000))
        s.send(b"x")
    return "sent"


async def dns(way, family):
    answers = []
    for server in RESOLVERS[family]:
        with new_socket(way, family, socket.SOCK_DGRAM) as s:
            s.connect((server, 53))
            s.send(QUERY)
            try:
                answers.append(text_record(await asyncio.wait_for(loop.sock_recv(s, 512), PATIENCE / 4)))
            except (OSError, asyncio.TimeoutError) as error:
                answers.append(name(error))
    return " ".join(sorted(set(answers)))


async def dnstcp(way, family):
    with new_socket(way, family, socket.SOCK_STREAM) as s:
        await loop.sock_connect(s, (RESOLVERS[family][0], 53))
        await loop.sock_sendall(s, struct.pack(">H", len(QUERY)) + QUERY)
        return text_record((await loop.sock_recv(s, 512))[2:])


def name(error):
    number = getattr(error, "errno", None)
    return errno.errorcode[number] if number else "timeout"


def count(kind, answer, start):
    if start < since:  # begun before
        return
    entry = counts.setdefault(kind, {"answers": {}, "slowest": 0})
    entry["answers"][answer] = entry["answers"].get(answer, 0) + 1
    entry["slowest"] = max(entry["slowest"], round((time.monotonic() - start) * 1000))


async def again_and_again(kind, attempt):
    while True:
        start = time.monotonic()
        try:
            answer = await asyncio.wait_for(attempt(), PATIENCE)
        except (OSError, asyncio.TimeoutError) as error:
            answer = name(error)
        count(kind, answer, start)
        await asyncio.sleep(PAUSE)


async def old_tcp(kind, s):
    end = None
    while True:
        start = time.monotonic()
        try:
            if not end and not await asyncio.wait_for(loop.sock_recv(s, 8192), PATIENCE):
                end = "hung up"
            answer = end or "bytes"
        except asyncio.TimeoutError:
            answer = "timeout"
        except OSError as error:
            answer = end = name(error)
        count(kind, answer, start)
        await asyncio.sleep(PAUSE)


def old_udp(s):
    async def attempt():
        s.send(b"x")
        return "sent"

    return attempt


async def commands():
    global since
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        if line == b"forget\n":
            counts.clear()
            since = time.monotonic()
            print("ok", flush=True)
        else:
            print(json.dumps(counts), flush=True)


async def main():
    global loop
    loop = asyncio.get_running_loop()
    tasks = []
    for way in sys.argv[1:]:
        for family in (4, 6):
            s = new_socket(way, family, socket.SOCK_STREAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            await loop.sock_connect(s, (WEB[family], 80))
            await loop.sock_sendall(s, b"GET /big HTTP/1.0\r\n\r\n")
            tasks.append(old_tcp(f"{way}-tcp{family}", s))
            s = new_socket(way, family, socket.SOCK_DGRAM)
            s.connect((WEB[family], 4000))
            tasks.append(again_and_again(f"{way}-old{family}", old_udp(s)))
            for attempt in (http, udp, dns, dnstcp):
                tasks.append(again_and_again(f"{way}-{attempt.__name__}{family}", functools.partial(attempt, way, family)))
    running = [loop.create_task(task) for task in tasks]
    while len(counts) < len(tasks):
        await asyncio.sleep(0.005)
    print("ready", flush=True)
    await commands()
    for task in running:
        task.cancel()


asyncio.run(main())
