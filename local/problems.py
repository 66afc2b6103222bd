"""What keeps a local run from starting, said so that a person can mend it."""

from __future__ import annotations

import errno
from pathlib import Path


class CannotStart(Exception):
    """A reason not to go on; its text is one or two sentences for the person at the terminal."""


def explain(error: OSError, folder: Path) -> CannotStart:
    """An error of the operating system as a sentence that names the folder it happened in."""
    where = error.filename or folder
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CannotStart(f"The disk is full: nothing more can be written below {folder}.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return CannotStart(f"This user may not write to {where}: {error.strerror}.")
    return CannotStart(f"{where}: {error.strerror or error}.")
