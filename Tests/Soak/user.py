"""One user of the soak: asks for something at random, again and again, kills and stops what it has started, and says what came of it.

   user.py NAME SEED SECONDS LINKER     a line of JSON per operation on standard output; root also edits profiles and the uplink (run as `root`)
"""
import json, os, random, signal, subprocess, sys, time

name, seed, seconds, linker = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
chance = random.Random(f"{seed} {name}")
WEB = ["http://192.0.2.81/", "http://[2001:db8:80::81]/"]  # only commands ask these two
FETCH = ["curl", "-s", "-m", "2", "-o", "/dev/null", *WEB]
QUERY = ["dig", "+time=1", "+tries=1", "+short", f"inside-{name}.test"]

def vpn(): return chance.choice(["home", "home", "work"])

def inside():
    """What a command does: fetch, ask for a name, sleep, start others, spoof."""
    return chance.choice([
        FETCH, QUERY, ["true"], ["sh", "-c", "exit 7"], ["sleep", f"{chance.random():.3f}"],
        ["sh", "-c", " ".join(FETCH) + " & " + " ".join(QUERY) + " & wait"],
        ["sh", "-c", "for n in 1 2 3; do " + " ".join(FETCH) + "; sleep 0.3; done"],
        ["sh", "-c", "sleep 3 & exit 0"], ["nowhere"], ["/etc/passwd"],
    ])

def operation():
    """Words, and whether the output is JSON."""
    n = vpn()
    kinds = [
        (30, lambda: (["vpnrun", n, "--", *inside()], False)),
        (3, lambda: (["vpnrun", "--wait", n, "--", "true"], False)),
        (6, lambda: (["vpn", "link", n], False)), (3, lambda: (["vpn", "unlink", n], False)), (1, lambda: (["vpn", "unlink", "--force", n], False)),
        (8, lambda: (["vpn", "up", n], False)), (2, lambda: (["vpn", "down", n], False)), (1, lambda: (["vpn", "toggle", n], False)),
        (1, lambda: (["vpn", "down"], False)), (4, lambda: (["vpn", "refresh"], False)), (4, lambda: (["vpn", "refresh", n], False)),
        (4, lambda: (["vpn", "reload", n], False)), (2, lambda: (["vpn", "clean"], False)),
        (4, lambda: (["vpn", "status", "--json"], True)), (2, lambda: (["vpn", "status", n], False)), (3, lambda: (["vpn", "ps", "--json"], True)),
        (2, lambda: (["vpn", "list", "--json"], True)), (1, lambda: (["vpn", "check", "--json", n], True)), (2, lambda: (["vpn", "plan", n], False)),
        (2, lambda: (["vpn", "explain", "--json", n, "192.0.2.80"], True)), (1, lambda: (["vpn", "completions", "bash"], False)),
        (1, lambda: ([linker, "show"], True)), (1, lambda: ([linker, "default"], False)), (1, lambda: ([linker, "nothing", n], False)),
    ]
    if name == "root":
        kinds = [
            (8, lambda: (["vpn", "link", n], False)), (6, lambda: (["vpn", "up", n], False)), (3, lambda: (["vpn", "down", n], False)),
            (2, lambda: (["vpn", "unlink", n], False)), (1, lambda: (["vpn", "unlink", "--force", n], False)), (3, lambda: (["vpn", "refresh"], False)),
            (2, lambda: (["vpn", "reload", n], False)), (2, lambda: (["vpn", "clean"], False)),
            (2, lambda: (["vpn", "edit", n, chance.choice(["PersistentKeepalive=25", "PersistentKeepalive=", "MTU=1380", "MTU=", "DNS=172.27.12.1", "DNS=172.27.12.1,corp.test",
                "Direct=192.0.2.99", "Direct=", "AllowUsers=alice,bob,carol", "AllowUsers=alice", "AllowUsers="])], False)),
            (1, lambda: (["sh", "-c", "ip link set u0 down; sleep 0.4; ip link set u0 up; ip address replace 2001:db8:100::2/64 dev u0 nodad; "
                "ip address replace fe80::2/64 dev u0 nodad; ip route replace default via 198.51.100.1 dev u0 metric 5; "
                "ip route replace default via 2001:db8:100::1 dev u0 metric 5"], False)),
        ]
    total = sum(weight for weight, _ in kinds)
    at = chance.randrange(total)
    for weight, make in kinds:
        at -= weight
        if at < 0: return make()

def run(words, is_json):
    fate = chance.choices(["", "kill", "stop"], [70, 22, 8])[0] if words[0] != "sh" else ""
    after = chance.choice([0.002, 0.01, 0.03, 0.08, 0.2]) * chance.random()
    begin = time.time()
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    outcome = {"user": name, "time": begin, "words": words, "fate": fate}
    try:
        if fate:
            try: child.wait(after)
            except subprocess.TimeoutExpired:
                # Of a line of programs each may be the one.
                victims = [child.pid, *descendants(child.pid)] if words[0] != linker else [child.pid]
                victim = chance.choice(victims) if chance.random() < 0.7 else victims[-1]
                def send(number):
                    try: os.kill(victim, number); outcome["hit"] = comm
                    except OSError: pass
                comm = text(f"/proc/{victim}/comm")
                if fate == "kill": send(signal.SIGKILL)
                else:
                    send(signal.SIGSTOP)
                    time.sleep(chance.random())
                    send(chance.choice([signal.SIGCONT, signal.SIGCONT, signal.SIGKILL]))
        out, said = child.communicate(timeout=25)
    except subprocess.TimeoutExpired:
        outcome["blocked"] = [(p, text(f"/proc/{p}/comm"), text(f"/proc/{p}/wchan"), text(f"/proc/{p}/stat").split()[2:3]) for p in [child.pid, *descendants(child.pid)]]
        os.killpg(child.pid, signal.SIGKILL)
        out, said = child.communicate()
    outcome.update(status=child.returncode, seconds=round(time.time() - begin, 3), said=said.decode(errors="replace")[-400:])
    if is_json and child.returncode in (0, 1, 3):
        try: json.loads(out)
        except ValueError: outcome["not_json"] = out.decode(errors="replace")[-400:]
    print(json.dumps(outcome), flush=True)

def text(path):
    try:
        with open(path) as file: return file.read().strip()
    except OSError: return ""

def descendants(pid):
    found = [int(child) for child in text(f"/proc/{pid}/task/{pid}/children").split()]
    return found + [each for child in found for each in descendants(child)]

end = time.time() + seconds
while time.time() < end:
    run(*operation())
    time.sleep(chance.random() * (0.4 if name == "root" else 0.1))
