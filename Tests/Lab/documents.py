"""What a text shows is typed, and what is said compared with it.

documents.py script FILE          the commands of README.md or of a manual page's EXAMPLES, as a script for one shell
documents.py compare FILE OUTPUT  that script's output with what stands in FILE; prints what differs

A command that shows an error, or asks a status that is not 0, may fail. A word with a digit stands for any such word, a word in capitals
for any, and … for anything. $BEFORE is done before each block of a manual page, and $AFTER_IMPORT after an import.
"""

import re
import sys

MARK = "\x01"


def readme(lines):
    """Indented blocks that have a prompt: pairs of a command, which goes on behind `> `, and what it says."""
    shown = []
    is_open = False
    for line in lines:
        text = line[4:].rstrip("\n")
        if not line.startswith("    "):
            is_open = is_open and line.strip() == ""
        elif text.startswith("$ "):
            shown.append((text[2:], []))
            is_open = True
        elif is_open and text.startswith("> ") and not shown[-1][1]:
            shown[-1] = (shown[-1][0] + "\n" + text[2:], [])
        elif is_open:
            shown[-1][1].append(text)
    return shown


def manual(lines):
    """Of a block without prompts each line is a command; None where a block begins."""
    shown = []
    block = None
    here = False
    for line in lines:
        text = line.rstrip("\n").replace(r"\&", "").replace(r"\-", "-").replace(r"\e", "\\").replace(r"\(dq", '"')
        if text.startswith(".Sh"):
            here = text == ".Sh EXAMPLES"
        elif not here:
            continue
        elif text.startswith(".Dl "):
            shown += [(None, []), (text[4:], [])]
        elif text.startswith(".Bd"):
            shown.append((None, []))
            block = []
        elif text.startswith(".Ed"):
            has_prompts = any(each.startswith("$ ") for each in block)
            for each in block:
                if each.startswith("$ "):
                    shown.append((each[2:], []))
                elif has_prompts:
                    shown[-1][1].append(each)
                else:
                    shown.append((each, []))
            block = None
        elif block is not None:
            block.append(text)
    return shown


def pattern(wanted):
    words = []
    for word in wanted.split():
        if word == "…":
            words.append(".*")
        elif re.search(r"\d", word) or word.isupper() or word in ("KiB", "MiB"):
            words.append(r"\S+")
        else:
            words.append(re.escape(word).replace("…", ".*"))
    text = r"\s+".join(words).replace("seconds", "seconds?").replace(r"kernel\s+WireGuard", "(kernel WireGuard|wireguard-go)")
    return re.compile(text.replace(r"\s+.*", r"(\s+.*)?"))


def agrees(wanted, said):
    """A line … stands for any number of lines."""
    if not wanted:
        return not said
    if wanted[0].strip() == "…":
        return any(agrees(wanted[1:], said[n:]) for n in range(len(said) + 1))
    return bool(said) and pattern(wanted[0]).fullmatch(said[0].strip()) is not None and agrees(wanted[1:], said[1:])


def main(verb, file, output=None):
    with open(file, encoding="utf-8") as opened:
        shown = (readme if file.endswith(".md") else manual)(opened)
    if verb == "script":
        for command, _ in shown:
            if command is None:
                print('eval "$BEFORE"')
                continue
            print(command)
            if command.endswith("&"):
                print("sleep 1")
            print(f"printf '{MARK}%s\\n' $?")
            if command.startswith("sudo vpn import"):
                print("eval \"$AFTER_IMPORT\"")
        return 0
    shown = [each for each in shown if each[0] is not None]
    with open(output, encoding="utf-8") as opened:
        parts = re.split(f"{MARK}(\\d+)\n", opened.read())
    failures = []
    if len(parts) != 2 * len(shown) + 1:
        failures.append(f"{len(shown)} commands, {len(parts) // 2} answers; the last one said {parts[-1]!r}")
    for (command, wanted), said, status in zip(shown, parts[::2], parts[1::2]):
        lines = [line for line in said.splitlines() if line.strip()]
        wanted = [line for line in wanted if line.strip()]
        may_fail = any(re.match(r"vpn(run)?: ", line) for line in wanted) or command.startswith("vpn status")
        if status != "0" and not may_fail:
            failures.append(f"$ {command}: status {status}, said {said!r}")
        elif wanted and not agrees(wanted, lines):
            failures.append(f"$ {command}\n  shown {wanted}\n  said  {lines}")
    if failures:
        print(*failures, sep="\n")
    return 1 if failures else 0


sys.exit(main(*sys.argv[1:]))
