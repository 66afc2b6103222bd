"""Measure everything in one run and write docs/performance.md."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import ladder, measures, place, plans, report, sending

NOTE = place.CHECKOUT / "docs" / "performance.md"


def main() -> None:
    """`plans` for how the hottest queries are read beside a million cases, `ladder` for what a
    sweep costs beside as many, `calibration` for how well lateness is foretold; `--cases`,
    `--seconds` for a quicker try, `--out` for another file."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    modes = ("speed", "plans", "ladder", "calibration")
    parser.add_argument("what", nargs="?", choices=modes, default="speed")
    parser.add_argument("--cases", type=int, help="100,000; for the plans and the ladder 1,000,000")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each rate")
    parser.add_argument("--out", type=Path, default=NOTE)
    asked = parser.parse_args()
    before = os.getloadavg()[0]
    with place.servers() as environment:
        os.environ.update(environment)
        place.command("db", "upgrade")
        place.command("import-reference")
        if asked.what == "plans":
            explain(asked.cases or 1_000_000, before, asked.out)
            return
        if asked.what == "ladder":
            ladder.write(asked.out, ladder.measure(asked.cases or 1_000_000, before))
            return
        if asked.what == "calibration":
            calibrate(asked.cases or 100_000, asked.out)
            return
        said = measure(asked.cases or 100_000, asked.seconds, before)
    from feedback import clock

    report.write(asked.out, said, clock.now())
    print(json.dumps(said, default=str))


def explain(cases: int, before: float, out: Path) -> None:
    """The plans of the hottest queries, into the same note."""
    from feedback import clock, create_app
    from feedback.services import history

    app = create_app()
    with app.app_context():
        print("load …", flush=True)
        said: dict[str, Any] = {**history.load(cases, clock.now()), "load_before": before}
        print(json.dumps(said), flush=True)
        found = plans.measure(app, os.environ["BENCH_SUPERUSER_URL"])
    plans.write(out, said, found)


def calibrate(cases: int, out: Path) -> None:
    """How well lateness is foretold, into the same note."""
    from bench import calibration
    from feedback import clock, create_app
    from feedback.services import history

    with create_app().app_context():
        print("load …", flush=True)
        # Without the open late cases with which the sweep is measured: a fifth, all of late.
        said = history.load(cases, clock.now(), late_share=0.0)
        found = calibration.measure(clock.now())
        calibration.write(out, said, found, clock.now())


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
            dial = lambda: measures.dialling(port, token, 50, 2 * seconds, 2)  # noqa: E731
            step("ussd50", dial)
            step("memory", lambda: measures.memory(web))
        lodge = lambda: measures.lodging(app)  # noqa: E731
        step("sql1", lambda: measures.rate(lodge, 1, seconds))
        step("sql8", lambda: measures.rate(lodge, 8, seconds))
        step("sweep", measures.sweeping)
        step("sending", lambda: sending.measure(app))
    return said


if __name__ == "__main__":
    main()
