"""What must be true all the time, seen by ip(8), nft(8) and /proc, never by our own programs. A line of text for what is not.

   watch.py SECONDS      as root on the lab's host. At its end a line `watched N`
"""
import json, os, subprocess, sys, time
from collections import Counter

end = time.time() + float(sys.argv[1])
owners = {0, 20001, 20002, 20003}
looks = 0

def ask(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    try: return json.loads(done.stdout or "[]") if done.returncode == 0 else []
    except ValueError: return []

def complain(what): print(f"{time.time():.3f} {what}", flush=True)

def networks():
    """Of processes, one of each."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try: found.setdefault(os.readlink(f"/proc/{pid}/ns/net"), pid)
        except OSError: pass
    return found

def inside(pid, *words): return ask("nsenter", "-t", pid, "-n", *words)

def addresses(pid):
    """Of a command: what it has besides lo."""
    return [(a["local"], link["ifname"]) for link in inside(pid, "ip", "-j", "address") if link["ifname"] == "eth0"
        for a in link.get("addr_info", []) if a.get("scope") == "global"]

def look_at_commands(found):
    seen = {}
    for net, pid in found.items():
        alias = next((link.get("ifalias", "") for link in inside(pid, "ip", "-j", "link", "show", "dev", "lo")), "")
        if not alias.startswith("vpnrun "): continue
        links = {link["ifname"] for link in inside(pid, "ip", "-j", "link")}
        if links - {"lo", "eth0"}: complain(f"a command of {alias} has other links: {links}")
        for address, _ in addresses(pid):
            other = seen.setdefault((alias, address), pid)
            # One may have ended, and its address be another's, while we looked.
            if other != pid and all((address, "eth0") in addresses(each) for each in (other, pid)): complain(f"{address} belongs to two commands: {other} and {pid}")

unowned = Counter()
def look_at_ports():
    for vpn in "home", "work":
        now = set()
        for port in ask("ip", "-n", f"vpn-{vpn}", "-j", "-d", "link"):
            if not (port["ifname"][0] == "v" and port["ifname"][1:].isdigit()): continue
            if port.get("txqlen", 0) not in owners: complain(f"{vpn} {port['ifname']} is owned by no user: {port.get('txqlen')}")
            if not port.get("ifalias"): now.add(port["ifindex"])
        # Its line for `vpn ps` comes a moment after the port; a stopped launch has none for longer.
        for index in now: unowned[vpn, index] += 1
        for key in [k for k in unowned if k[0] == vpn and k[1] not in now]: del unowned[key]

def look_at_boxes():
    for vpn in "home", "work":
        links = ask("ip", "-n", f"vpn-{vpn}", "-j", "link")
        if not links: continue
        extra = [link["ifname"] for link in links if not (link["ifname"] in ("lo", "wg0", "host0", f"br-{vpn}") or link["ifname"][0] == "v" and link["ifname"][1:].isdigit())]
        if extra: complain(f"the box of {vpn} has other links: {extra}")

while time.time() < end:
    look_at_commands(networks())
    look_at_ports()
    look_at_boxes()
    looks += 1
    time.sleep(0.2)
print(f"watched {looks}", flush=True)
