"""environment.py PROGRAM ARGUMENT...: executes it with the environment that is hardest to hand on.

Names which glibc removes from a program with capabilities, names which a language runtime obeys, bytes that are no text, doubles, no name at all.
"""

import ctypes
import sys

environment = [
    b"LD_PRELOAD=", b"LD_LIBRARY_PATH=/nonexistent", b"LD_AUDIT=", b"LD_DEBUG_OUTPUT=/nonexistent/x", b"GLIBC_TUNABLES=x", b"GCONV_PATH=/nonexistent",
    b"TMPDIR=/some where", b"MALLOC_CHECK_=0", b"HOSTALIASES=/x", b"RES_OPTIONS=ndots:2", b"LOCALDOMAIN=x", b"TZDIR=/x", b"NLSPATH=/x", b"LOCPATH=/x",
    b"SWIFT_DEBUG_HELP=", b"SWIFT_BACKTRACE=enable=no", b"ICU_DATA=/x", b"TZ=../../x",
    b"EMPTY=", b"BYTES=\xff\xfe\x80\n\t", b"TWICE=1", b"TWICE=2", b"NONAME", b"=strange", b"", b"LONG=" + b"x" * 100000, b"PATH=/usr/bin:/bin",
]  # fmt: skip


def strings(values):
    return (ctypes.c_char_p * (len(values) + 1))(*values, None)


arguments = [argument.encode() for argument in sys.argv[1:]]
ctypes.CDLL(None).execve(arguments[0], strings(arguments), strings(environment))
sys.exit("not executed")
