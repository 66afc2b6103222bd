"""Becomes another program that dies with the process that started it.

Run by path, in a process of its own, as
`python -I -S child.py <death signal> <parent's pid> <uid> <gid> <program> [argument…]`;
a uid of -1 keeps the user. It is a program, not a function called between fork and exec, so that
a parent with threads may use it too. The user is changed before the death signal is set, because
the kernel forgets that signal when the user changes.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def become(death_signal: int, parent: int, uid: int, gid: int, argv: list[str]) -> None:
    """Replace this process by `argv`; raises OSError when the program cannot be started."""
    libc = ctypes.CDLL(None, use_errno=True)
    if uid >= 0:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    if hasattr(libc, "prctl"):
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        # The parent died before the kernel knew whom to tell.
        sys.exit(1)
    # Python ignores these for itself, and a shell may have ignored SIGINT; programs inherit that.
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.execvp(argv[0], argv)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    numbers = [int(value) for value in sys.argv[1:5]]
    try:
        become(numbers[0], numbers[1], numbers[2], numbers[3], sys.argv[5:])
    except OSError as problem:
        sys.exit(f"{sys.argv[5]}: {problem.strerror}")
