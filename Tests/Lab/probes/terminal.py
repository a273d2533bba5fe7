"""A shell on a terminal of its own: terminal.py SHELL [TYPED EXPECTED]...

Types each text when the pattern before it has come, and prints all that came. In a text, ^C and ^Z are those keys.
"""
import os, pty, re, select, sys, time

steps = list(zip(sys.argv[2::2], sys.argv[3::2]))
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1].split()[0], sys.argv[1].split())
seen = ""
for typed, expected in steps:
    keys = typed.replace("^C", "\x03").replace("^Z", "\x1a")
    os.write(terminal, keys.encode() if keys < " " else keys.encode() + b"\n")
    end, new = time.monotonic() + 20, ""
    while not re.search(expected, new):
        if time.monotonic() > end or not select.select([terminal], [], [], 0.2)[0] and os.waitpid(child, os.WNOHANG)[0]:
            sys.exit(f"{typed}: no {expected} in:\n{seen}{new}")
        if select.select([terminal], [], [], 0.2)[0]:
            new += os.read(terminal, 4096).decode(errors="replace").replace("\r", "")
    seen += new
print(seen)
