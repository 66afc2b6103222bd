"""Where the embedded servers keep their files, and as whom they run.

An ordinary user's servers run as that user below the data folder. PostgreSQL refuses to run as
root, so root's run as an unprivileged user in a folder of this checkout under /var/lib, because
neither that user nor its programs may reach into, say, /root.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local.problems import CannotStart
from local.processes import Account

CHECKOUT = Path(__file__).resolve().parent.parent
ROOTS_FOLDER = Path("/var/lib")
# An account made for a database is better than the one that other daemons share.
ACCOUNTS = ("postgres", "nobody")
# The kernel allows 107 bytes for a socket's path; some clients fewer.
LONGEST_SOCKET_PATH = 100
POSTGRES_SOCKET = ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one set of servers.

    `state` holds the servers' data and logs, `sockets` their sockets, `software` the private
    copy of the programs (root only), `account` is whom the servers run as when not the caller.
    """

    state: Path
    sockets: Path
    software: Path | None
    account: Account | None

    def own(self, folder: Path) -> Path:
        """Make a folder that only the servers' user can enter."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            os.chown(folder, self.account.uid, self.account.gid)
        folder.chmod(0o700)
        return folder


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]


def _account() -> Account | None:
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        "PostgreSQL may not run as root, and this machine has no user 'nobody' to run it as: "
        "add one (useradd --system nobody), or run this as an ordinary user."
    )


def roots_folder() -> Path:
    """The folder of this checkout under /var/lib, used when root runs it."""
    return ROOTS_FOLDER / f"mrejesho-{_short_hash(CHECKOUT)}"


def find(data_dir: Path) -> Place:
    """The place of the servers whose data belongs to `data_dir`; makes its folders."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    account = _account()
    if account is None:
        state = data_dir / "servers"
        state.mkdir(mode=0o700, exist_ok=True)
        return Place(state, _sockets(state, None), None, None)
    base = roots_folder()
    base.mkdir(mode=0o711, exist_ok=True)
    software = base / "software"
    software.mkdir(mode=0o755, exist_ok=True)
    software.chmod(0o755)
    state = base / _short_hash(data_dir)
    state.mkdir(mode=0o710, exist_ok=True)
    # The servers' user passes through to its own folders but makes no file here, where root
    # writes its logs: it could plant a link.
    os.chown(state, 0, account.gid)
    state.chmod(0o710)
    (state / "origin").write_text(f"{data_dir.resolve()}\n")
    return Place(state, _sockets(state, account), software, account)


def _sockets(state: Path, account: Account | None) -> Path:
    """A private folder whose path is short enough for a socket."""
    folder = state / "run"
    if len(os.fsencode(folder / POSTGRES_SOCKET)) > LONGEST_SOCKET_PATH:
        name = f"mrejesho-{os.geteuid()}-{_short_hash(state)}"
        folder = Path(tempfile.gettempdir()) / name
        if len(os.fsencode(folder / POSTGRES_SOCKET)) > LONGEST_SOCKET_PATH:
            folder = Path("/tmp") / name  # noqa: S108 - made private and checked below
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    owner = account.uid if account else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
        raise CannotStart(f"{folder} belongs to somebody else: remove it, or set TMPDIR.")
    if account:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)
    return folder


def same_life(data_dir: Path, state: Path) -> None:
    """Set the servers' old files aside when they belong to an earlier life of `data_dir`.

    Under /var/lib they outlive a data folder that was removed together with its keys, and
    nothing could read them any more. The last such set is kept beside, as `<state>.aside`.
    """
    here, there = data_dir / "instance", state / "instance"
    if not here.exists():
        here.write_text(secrets.token_hex(16))
    if there.exists() and there.read_text() != here.read_text():
        aside = state.with_name(state.name + ".aside")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        for entry in state.iterdir():
            if entry.name not in {"lock", "origin", "run"}:
                entry.rename(aside / entry.name)
    there.write_text(here.read_text())


def abandoned(software: Path) -> Iterator[Path]:
    """States under /var/lib whose data folder is gone: leftovers of tests that were killed."""
    for state in software.parent.iterdir():
        origin = state / "origin"
        if origin.is_file() and not Path(origin.read_text().strip()).exists():
            yield state
