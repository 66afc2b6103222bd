"""Measure everything in one run and write docs/performance.md."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import measures, place, report, sending

NOTE = place.CHECKOUT / "docs" / "performance.md"


def main() -> None:
    """`--cases`, `--seconds` for a quicker try, `--out` for another file."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each rate")
    parser.add_argument("--out", type=Path, default=NOTE)
    asked = parser.parse_args()
    before = os.getloadavg()[0]
    with place.servers() as environment:
        os.environ.update(environment)
        place.command("db", "upgrade")
        place.command("import-reference")
        said = measure(asked.cases, asked.seconds, before)
    from feedback import clock

    report.write(asked.out, said, clock.now())
    print(json.dumps(said, default=str))


def measure(cases: int, seconds: float, before: float) -> dict[str, Any]:
    """All of it, in an order in which nothing disturbs what comes later."""
    from feedback import clock, create_app
    from feedback.services import history

    said: dict[str, Any] = {"load_before": before}

    def step(name: str, act: Callable[[], Any]) -> None:
        print(f"{name} …", flush=True)
        said[name] = act()

    app = create_app()
    with app.app_context():
        step("load", lambda: history.load(cases, clock.now()))
        with place.web() as web:
            port = web.port
            step("weights", lambda: measures.weights(port))
            step("memory_at_start", lambda: measures.memory(web))
            step("desk", lambda: measures.desk(port))
            step("oversight", lambda: measures.oversight(port))
            submit = lambda: measures.submitting(port)  # noqa: E731
            step("submit1", lambda: measures.rate(submit, 1, seconds))
            step("submit8", lambda: measures.rate(submit, 8, seconds))
            token = os.environ["AT_HOOK_TOKEN"]
            text = lambda: measures.texting(port, token)  # noqa: E731
            step("sms8", lambda: measures.rate(text, 8, seconds))
            step("memory", lambda: measures.memory(web))
        lodge = lambda: measures.lodging(app)  # noqa: E731
        step("sql1", lambda: measures.rate(lodge, 1, seconds))
        step("sql8", lambda: measures.rate(lodge, 8, seconds))
        step("sweep", measures.sweeping)
        step("sending", lambda: sending.measure(app))
    return said


if __name__ == "__main__":
    main()
