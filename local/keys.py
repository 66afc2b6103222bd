"""The secrets of one checkout's local run, made once and kept in a file only its owner reads.

A deployment sets the same names in its environment and never reads this file.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from local.problems import CannotStart


def _versioned(key_id: str) -> str:
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "RECEIPT_KEY": lambda: secrets.token_urlsafe(48),
    "LETTER_KEY": lambda: secrets.token_urlsafe(48),
    "PROOF_KEY": lambda: secrets.token_urlsafe(48),
    "NUMBER_HASH_KEY": lambda: secrets.token_urlsafe(48),
    "IDENTITY_KEYS": lambda: _versioned("k1"),
    "AUDIT_KEYS": lambda: _versioned("a1"),
    "AT_HOOK_TOKEN": lambda: secrets.token_urlsafe(32),
    "AT_API_KEY": lambda: f"local_{secrets.token_hex(24)}",
    "METRICS_TOKEN": lambda: secrets.token_urlsafe(32),
}


def read(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file; empty when there is none."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        return {}
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def load(path: Path, *, data_exists: bool) -> dict[str, str]:
    """The keys in `path`; those it lacks are made and added.

    Raises CannotStart when the file is gone but the data its keys encrypted is there: new keys
    would make that data unreadable for ever.
    """
    keys = read(path)
    if data_exists and "IDENTITY_KEYS" not in keys:
        raise CannotStart(
            f"The keys in {path} are missing, and the data kept beside them cannot be read without "
            "them. Put the file back, or throw the local data away with: make clean-data"
        )
    missing = [name for name in MAKERS if name not in keys]
    if missing:
        keys |= {name: MAKERS[name]() for name in missing}
        lines = [f"{name}={value}\n" for name, value in keys.items()]
        write_private(path, "".join(lines))
    return keys
