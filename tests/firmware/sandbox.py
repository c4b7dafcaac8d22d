"""`python sandbox.py UNIT COMMAND...`: a command under a unit's SystemCallFilter= and MemoryDenyWriteExecute=.

Needs no systemd. Run by test_sandbox.py as a process of its own, since a filter cannot be taken off again. Exit code
77: this machine lacks libseccomp, or a kernel that can do it.
"""

import ctypes
import ctypes.util
import os
import re
import subprocess
import sys
from pathlib import Path

UNABLE = 77
ALLOW, EPERM = 0x7FFF0000, 0x00050001
PR_SET_NO_NEW_PRIVS, PR_SET_MDWE, REFUSE_EXEC_GAIN = 38, 65, 1
# What the launcher itself still needs once the filter is on; systemd allows them as well.
LAUNCHER = {"execve", "prctl"}


def members(group: str) -> set[str]:
    """The system calls of one of systemd's groups, those of the groups within it too."""
    answer = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True)
    names = [line.strip() for line in answer.stdout.splitlines()[1:] if line.strip() and "#" not in line]
    return {call for name in names for call in (members(name) if name.startswith("@") else {name})}


def allowed(unit: Path) -> set[str]:
    """What the unit's SystemCallFilter= lines leave, read in their order as systemd.exec(5) says."""
    calls = members("@default") | LAUNCHER
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit.read_text(), re.M):
        words = line.removeprefix("~").split()
        named = {call for word in words for call in (members(word) if word.startswith("@") else {word})}
        calls = calls - named if line.startswith("~") else calls | named
    return calls


def confine(calls: set[str]) -> None:
    """Every other system call of this process fails with EPERM from now on, and no memory becomes code."""
    library = ctypes.util.find_library("seccomp")
    libc = ctypes.CDLL(None)
    if library is None or libc.prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) != 0:
        sys.exit(UNABLE)
    seccomp = ctypes.CDLL(library)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(EPERM))
    for number in map(seccomp.seccomp_syscall_resolve_name, map(str.encode, calls)):
        if number >= 0:
            seccomp.seccomp_rule_add_array(context, ALLOW, number, 0, None)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if seccomp.seccomp_load(context) != 0:
        sys.exit(UNABLE)


if __name__ == "__main__":
    confine(allowed(Path(sys.argv[1])))
    os.execv(sys.argv[2], sys.argv[2:])
