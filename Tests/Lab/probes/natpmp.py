# A provider's gateway as Proton's: NAT-PMP (RFC 6886); each client has one port outside, which nobody chooses, for as long as it asks in time;
# what comes to it is sent on to the port of the same number, whatever port was asked for.
#
#   natpmp.py ADDRESS OUTSIDE SECONDS LOG [MODE]
#
# It prints its pid when it listens. MODE zero: takes only requests for port 0, as Proton's manual has them; refuse: none. SIGUSR1: it forgets
# everything, as after a restart.
import os, random, signal, socket, struct, subprocess, sys, time

address, outside, seconds, log = sys.argv[1], sys.argv[2], int(sys.argv[3]), open(sys.argv[4], "a", buffering=1)
mode = sys.argv[5] if len(sys.argv) > 5 else "any"
last = ["none yet"]
start, clients = time.monotonic(), {}  # client: [port, {protocol: until}]


def forget(*_):
    global start
    start = time.monotonic()
    clients.clear()
    rules()


def rules():
    now, lines = time.monotonic(), []
    for client, (port, until) in list(clients.items()):
        for protocol in [p for p, end in until.items() if end < now]:
            del until[protocol]
        lines += [f"ip daddr {outside} {p} dport {port} dnat ip to {client}:{port}" for p in until]
        if not until:
            del clients[client]
    if lines == last:
        return
    last[:] = lines
    table = "table inet natpmp\ndelete table inet natpmp\ntable inet natpmp {\nchain c {\ntype nat hook prerouting priority -100\n"
    subprocess.run(["nft", "-f", "-"], input=table + "\n".join(lines) + "\n}\n}\n", text=True, check=True)


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 5351))
    server.settimeout(0.2)
    signal.signal(signal.SIGUSR1, forget)
    rules()
    print(os.getpid(), flush=True)
    while True:
        try:
            message, sender = server.recvfrom(1100)
        except TimeoutError:
            rules()
            continue
        epoch, client = int(time.monotonic() - start), sender[0]
        if len(message) < 2 or message[0]:
            server.sendto(struct.pack(">BBHI", 0, 128, 1, epoch), sender)
        elif message[1] == 0:
            server.sendto(struct.pack(">BBHI4s", 0, 128, 0, epoch, socket.inet_aton(outside)), sender)
        elif message[1] in (1, 2) and len(message) >= 12:
            inside, wish, lifetime = struct.unpack(">HHI", message[4:12])
            protocol = "udp" if message[1] == 1 else "tcp"
            print(client, protocol, inside, wish, lifetime, file=log)
            if mode == "refuse" or mode == "zero" and inside:
                server.sendto(struct.pack(">BBHIHHI", 0, 128 + message[1], 2, epoch, inside, wish, lifetime), sender)
                continue
            if lifetime:
                port, until = clients.setdefault(client, [random.randint(36000, 46000), {}])
                until[protocol] = time.monotonic() + min(lifetime, seconds)
            else:
                clients.get(client, [0, {}])[1].pop(protocol, None)
                port = 0
            rules()
            server.sendto(struct.pack(">BBHIHHI", 0, 128 + message[1], 0, epoch, inside, port, min(lifetime, seconds)), sender)


main()
