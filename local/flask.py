"""A command of the product on the running `make run`, from another terminal.

    .venv/bin/python -m local.flask age ABCD-EFGH --working-days 20
    .venv/bin/python -m local.flask sweep

It is `flask …` with the settings that the run has chosen (keys, addresses, DEMO).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from local import keys
from local.places import CHECKOUT

DATA = CHECKOUT / "local" / ".data"
SETTINGS = "run.env"


def publish(env: Mapping[str, str], environ: Mapping[str, str], data: Path) -> Path:
    """Write down what a run has set beside its caller's environment; answers the file."""
    path = data / SETTINGS
    chosen = {name: value for name, value in env.items() if environ.get(name) != value}
    keys.write_private(path, "".join(f"{name}={value}\n" for name, value in chosen.items()))
    return path


def main() -> None:
    """Become the command; exits with 1 when nothing runs."""
    settings = keys.read(DATA / SETTINGS)
    if not settings:
        sys.exit("Nothing runs in this checkout: start it with make run.")
    program = [sys.executable, "-m", "flask", *sys.argv[1:]]
    os.chdir(CHECKOUT)
    os.execve(sys.executable, program, {**os.environ, **settings})  # noqa: S606 - no shell


if __name__ == "__main__":
    main()
