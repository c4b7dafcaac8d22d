"""Runs a command on a machine whose kernel never says that its clock is right: `python no_time_server.py COMMAND ...`

Rule: the kernel itself refuses adjtimex(2), by a seccomp filter; the command is not touched, and keeps its process id.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
# adjtimex and clock_adjtime; <asm/unistd.h>.
_CALLS = {"x86_64": (159, 305), "aarch64": (171, 266)}
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse_to_vouch() -> None:
    """From now on, for this process and whatever it becomes. Raises OSError."""
    adjtimex, clock_adjtime = _CALLS[platform.machine()]
    steps = (
        (_LOAD, 0, 0, 0),
        (_JUMP_IF_EQUAL, 2, 0, adjtimex),
        (_JUMP_IF_EQUAL, 1, 0, clock_adjtime),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    )
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(steps), code)
    for words in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*words):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    refuse_to_vouch()
    os.execvp(sys.argv[1], sys.argv[1:])
