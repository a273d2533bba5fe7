"""Reads what a soak has written in a folder, and says what was not as promised, a line each; exit status 1 if there is any.

   judge.py FOLDER BROKEN     BROKEN: the time from which on the protection was taken away by hand, to see that the capture shows it
"""
import glob, json, re, sys
from collections import Counter
from datetime import datetime

folder, broken = sys.argv[1], float(sys.argv[2])
faults, leaks, seen = [], [], Counter()  # the last: when the protection was taken away

# ---------------------------------------------------------------- when the system was behind a VPN, as `ip monitor rule` has it

def intervals(family):
    """From the rule that takes everything to the first moment at which none of two VPNs has it; a little less at the end: ip(8) may be late."""
    spans, have, begin = [], set(), None
    try: lines = open(f"{folder}/rules{family}").read().splitlines()
    except OSError: lines = []
    for line in lines:
        found = re.match(r"\[([^\]]+)\] (Deleted )?(303|306):", line)
        if not found: continue
        at = datetime.fromisoformat(found[1]).timestamp()
        if found[2]: have.discard(found[3])
        else: have.add(found[3])
        if have and begin is None: begin = at
        if not have and begin is not None: spans.append((begin + 0.02, at - 0.5)); begin = None
    if begin is not None: spans.append((begin + 0.02, float("inf")))
    return spans
up = {"IP": intervals(4), "IP6": intervals(6)}

# ---------------------------------------------------------------- what was seen on the uplink and on the LAN

sent = {}
for line in open(f"{folder}/probe"):
    at, port = line.split()
    sent.setdefault(port, []).append(float(at))

def when_sent(source, at):
    """A packet that waits for a neighbour's address is seen later; it has been through rules and filters before."""
    return max((t for t in sent.get(source.rsplit(".", 1)[1], []) if t <= at), default=at)

packets = 0
for file in glob.glob(f"{folder}/seen.*"):
    for line in open(file, errors="replace"):
        found = re.match(r"([0-9.]+) (IP6?) (\S+) > (\S+): (.*)", line)
        if not found: continue
        packets += 1
        at, family, source, to, rest = float(found[1]), found[2], found[3], found[4], found[5]
        if to.startswith(("192.0.2.81.", "2001:db8:80::81.")) or "inside-" in rest: why = "a command's"
        elif source.startswith(("172.27.", "10.20.", "fd27:", "fd76:706e:")): why = "with an address of a VPN's"
        elif (to.startswith(("192.0.2.82.", "2001:db8:80::82.")) or "probe.test" in rest) and any(a <= when_sent(source, at) <= b for a, b in up[family]): why = "the host's, while up"
        else: continue
        if at >= broken: seen[why] += 1
        else: leaks.append(f"{why}: {line.strip()}")
if not packets: faults.append("the capture saw nothing at all")
for why in "a command's", "the host's, while up":
    if not seen[why]: faults.append(f"the capture does not see leaks: the protection was taken away at the end, and no packet was {why}")
if not up["IP"] or not up["IP6"]: faults.append("the system was never up")

# ---------------------------------------------------------------- what the programs said

operations, hits, statuses, slowest = Counter(), Counter(), Counter(), (0, "")
own = {"vpn": {0, 2, 125}, "vpn-link": {0, 2, 4, 5, 6, 125}, "sh": {0, 2}}
for file in glob.glob(f"{folder}/user.*"):
    for line in open(file):
        try: it = json.loads(line)
        except ValueError: faults.append(f"{file}: {line[:300]}"); continue
        words, status, hit = it["words"], it["status"], it.get("hit")
        program = words[0].split("/")[-1]
        kind = program if program != "vpn" else " ".join(w for w in words[:2])
        operations[kind] += 1
        statuses[kind, status] += 1
        if hit: hits[it["fate"], hit] += 1
        line = json.dumps(it)
        if "not_json" in it: faults.append(f"no JSON: {line}")
        if "blocked" in it: faults.append(f"blocked: {line}"); continue
        if program == "vpnrun":
            # A command's own statuses, and a signal's.
            allowed = True
            limit = 25 if words[-1] != "true" or "--wait" in words else 10
        else:
            allowed = status in own[program] or status == 1 and words[1] == "check" or status == 3 and words[1] == "status"
            limit = 10
        if hit and status in (-9, 137): allowed = True
        if not allowed: faults.append(f"exit status: {line}")
        if status == 125 and not hit and not re.search(r"^(vpn|vpnrun|vpn-link): .", it["said"], re.M): faults.append(f"no sentence: {line}")
        if not it["fate"]:
            slowest = max(slowest, (it["seconds"], " ".join(words)))
            if it["seconds"] > limit: faults.append(f"slow: {line}")

watched = 0
for line in open(f"{folder}/watch"):
    if line.startswith("watched "): watched = int(line.split()[1])
    else: faults.append(f"watch: {line.strip()}")
if not watched: faults.append("the watch did not end")

print(f"{sum(operations.values())} operations: " + ", ".join(f"{n} {k}" for k, n in operations.most_common()))
print(f"{sum(hits.values())} signals that hit: " + ", ".join(f"{n} {how} {who}" for (how, who), n in hits.most_common()))
print("statuses: " + ", ".join(f"{k} {s}: {n}" for (k, s), n in sorted(statuses.items())))
print(f"slowest {slowest[0]} s: {slowest[1]}")
print(f"{packets} packets captured; up {len(up['IP'])} times, {sum(min(b, broken) - a for a, b in up['IP'] if a < broken):.0f} s; {watched} looks at the kernel; when broken by hand, " + ", ".join(f"{n} packets were {why}" for why, n in seen.items()))
print(f"{len(leaks)} leaks, {len(faults)} other faults")
for each in leaks[:20] + faults[:40]: print("FAULT", each)
sys.exit(1 if leaks or faults else 0)
