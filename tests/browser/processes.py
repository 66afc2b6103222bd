"""Runs the commands given, each `module words…`, as processes of their own that have the
application's modules from one: to load them takes longer than many a test."""

from __future__ import annotations

import os
import runpy
import signal
import sys

import gunicorn.app.wsgiapp  # noqa: F401

import feedback.cli
import feedback.jobs  # noqa: F401


def main(commands: list[str]) -> None:
    for command in commands:
        if os.fork() == 0:
            module, *words = command.split()
            sys.argv = [module, *words]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
            os._exit(0)
    signal.pause()


if __name__ == "__main__":
    main(sys.argv[1:])
