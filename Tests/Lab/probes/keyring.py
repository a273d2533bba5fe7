# Puts a key into a new session keyring and runs the command, which gets the key's serial number as its last argument; or, as
# `keyring.py read SERIAL`, says what is in the key, or why that is not to be had.
import ctypes, os, platform, sys

add_key, keyctl = {"x86_64": (248, 250), "aarch64": (217, 219)}[platform.machine()]
join_session, read, session = 1, 11, -3
libc = ctypes.CDLL(None, use_errno=True)


def call(*words):
    result = libc.syscall(*words)
    if result < 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    return result


if sys.argv[1] == "read":
    buffer = ctypes.create_string_buffer(64)
    size = call(keyctl, read, int(sys.argv[2]), buffer, 64)
    print(buffer.raw[:size].decode())
else:
    call(keyctl, join_session, None)
    serial = call(add_key, b"user", b"vpnrun-lab", b"secret", 6, session)
    # Without us, who have it, the key would be gone.
    sys.exit(os.spawnvp(os.P_WAIT, sys.argv[1], sys.argv[1:] + [str(serial)]))
