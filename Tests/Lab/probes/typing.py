"""Tries to type into the terminal, by all the ways that the kernel has: prints a word for each.

A request's number has 32 bits; what is above them does not count. Numbers with x32's bit, and int 0x80, are those of other architectures.
"""
import ctypes, errno, mmap, os, platform

libc = ctypes.CDLL(None, use_errno=True)
CODE = bytes.fromhex("53b83600000031dbb91254000031d2cd805bc3")  # ioctl(0, TIOCSTI, NULL) of i386


def word(result, number=None):
    return "done" if result >= 0 else errno.errorcode[number or ctypes.get_errno()]


def ask(call, request):
    return word(libc.syscall(ctypes.c_long(call), ctypes.c_long(0), ctypes.c_ulong(request), ctypes.c_char_p(b"#")))


def of_i386():
    """In a child: a kernel without these calls ends the process."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        memory = mmap.mmap(-1, len(CODE), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        memory.write(CODE)
        result = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))()
        os.write(writing, word(result, -result).encode())
        os._exit(0)
    os.close(writing)
    os.wait()
    return os.read(reading, 99).decode() or "none"


own = 16 if platform.machine() == "x86_64" else 29
words = [ask(own, 0x5412), ask(own, 0x541C), ask(own, 0x1_0000_5412)]
if platform.machine() == "x86_64":
    words += [ask(0x40000000 | 514, 0x5412), of_i386()]
print("typing:", *words, flush=True)
