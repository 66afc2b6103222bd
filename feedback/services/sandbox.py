"""Runs the cleaner in a process of its own, and lets nothing of it last or grow beyond bounds."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from feedback.cleaning import Refusal

# Where the process finds `cleaning` as a package of its own, without the application around it.
ROOT = Path(__file__).parent.parent
SECONDS = 40.0  # of the wall's clock; the process bounds its own processor time
MOST_OUT = 32 * 1024 * 1024  # bytes: a picture drawn anew may be larger than it came
# Isolated: no settings of the environment, no folder of the user, no start-up files.
COMMAND = (
    *(sys.executable, "-I", "-c"),
    "import sys; sys.path.insert(0, sys.argv[1]); from cleaning.__main__ import main; main()",
    str(ROOT),
)


class Broken(Exception):
    """The process could not be started, or ended without an answer by no fault of the file."""


def clean(
    data: bytes, command: Sequence[str] = COMMAND, seconds: float = SECONDS
) -> tuple[str, bytes]:
    """Format and bytes of the cleaned file. Refusal tells why it is not taken; too-heavy where a
    limit ended the process."""
    try:
        process = subprocess.Popen(  # noqa: S603 -- our own command, nothing of the file in it
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        raise Broken(type(error).__name__) from error
    assert process.stdin is not None  # noqa: S101 -- both are pipes
    assert process.stdout is not None  # noqa: S101
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        feeder = threading.Thread(target=_feed, args=(process.stdin, data))
        feeder.start()
        answer = process.stdout.read(MOST_OUT + 1)
        if len(answer) > MOST_OUT:
            process.kill()
        status = process.wait()
        feeder.join()
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        process.stdout.close()
    return _read(answer, status)


def _feed(pipe: IO[bytes], data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), pipe:
        pipe.write(data)


def _read(answer: bytes, status: int) -> tuple[str, bytes]:
    if status < 0 or len(answer) > MOST_OUT:
        raise Refusal("too-heavy")
    head, line, cleaned = answer.partition(b"\n")
    if status or not line:
        raise Broken(f"status {status}")
    try:
        said = json.loads(head)
    except ValueError as error:
        raise Broken("no answer") from error
    if "refused" in said:
        raise Refusal(str(said["refused"]))
    return str(said["format"]), cleaned
