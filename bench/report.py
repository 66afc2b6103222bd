"""docs/performance.md: what was measured, beside what peers reach."""

from __future__ import annotations

import os
import platform
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

CALIBRATION = "## How well lateness is foretold"
"""The heading of the section that `bench.calibration` writes."""
PLANS = "## Plans of the hottest queries"
"""The heading of the section that `bench.plans` writes."""
KEPT = ("## What a sweep costs", CALIBRATION, PLANS)
"""Sections that modes of their own write, in their order at the end of the note."""
QUIET = 0.3  # load for each core up to which the machine counts as ours
PEERS = ("django-helpdesk 2.6", "Signalen API 2.50", "RT 5.0.3")
# Measured with 100,000 cases on PostgreSQL with 2 web workers on 2 cores; medians.
ROWS: tuple[tuple[str, str, tuple[float | None, ...], float, bool], ...] = (
    # what, key, peers, aim, whether more is better
    (
        "submissions a second, 8 clients, form fetched and posted",
        "submit8",
        (76, 13.7, 15.2),
        380,
        True,
    ),
    ("queue, first page, ms", "inbox", (1296, 558, 102), 15, False),
    ("one case, ms", "case", (37, 58, 141), 15, False),
    ("dashboard, ms", "dashboard", (1959, 228, 154), 30, False),
    ("escalate 2,000 overdue, s", "sweep", (18.2, None, 22.6), 2, False),
    ("public form, first load, bytes", "form_bytes", (192_925, None, None), 14_336, False),
    ("memory of the web at rest, MiB", "memory", (118, 312, 432), 150, False),
)


def machine() -> str:
    """What it ran on."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {platform.python_version()},"
        " PostgreSQL and queue embedded, with fsync"
    )


def write(path: Path, said: dict[str, Any], now: datetime) -> None:
    """Write the note; what modes of their own wrote at its end stays."""
    path.parent.mkdir(exist_ok=True)
    _put(path, text(said, now), _sections(path)[1])


def replace(path: Path, heading: str, section: str) -> None:
    """Put one section in its place; all others stay."""
    first, sections = _sections(path)
    _put(path, first or "# Performance", sections | {heading: section})


def _sections(path: Path) -> tuple[str, dict[str, str]]:
    """What stands before the kept sections, and each of those by its heading."""
    kept = "|".join(re.escape(heading) for heading in KEPT)
    parts = re.split(rf"^({kept})$", path.read_text() if path.exists() else "", flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return parts[0], {heading: heading + words for heading, words in pairs}


def _put(path: Path, first: str, sections: dict[str, str]) -> None:
    ordered = [first, *(sections[heading] for heading in KEPT if heading in sections)]
    path.write_text("\n\n".join(part.strip() for part in ordered) + "\n")


def text(said: dict[str, Any], now: datetime) -> str:
    """The note."""
    values = {
        "submit8": said["submit8"]["a_second"],
        "inbox": said["desk"]["inbox"],
        "case": said["desk"]["case"],
        "dashboard": said["oversight"]["dashboard"],
        "sweep": said["sweep"]["seconds"] * 2_000 / max(said["sweep"]["timers"], 1),
        "form_bytes": said["weights"]["/new"][0],
        "memory": said["memory_at_start"]["pss"],
    }
    return (
        "\n".join(
            [
                "# Performance",
                "",
                "Written by `make bench`, which starts servers of its own, loads a made-up history,"
                " runs the web as the Procfile does, measures over loopback and stops. Medians.",
                "",
                f"{now:%d %B %Y}. {machine()}. {said['load']['cases']:,} cases,"
                f" loaded in {said['load']['seconds']} s with their figures.",
                *disturbed(said["load_before"]),
                "",
                "## Beside peers",
                "",
                "The peers' figures were taken on 2 cores with 100,000 cases, PostgreSQL and 2 web"
                " workers. The ratio is to the best of them; above 1 is better than that.",
                "",
                _line("work", *PEERS, "here", "aim", "ratio"),
                _line(*["---"] * 7),
                *(_row(row, values[row[1]]) for row in ROWS),
                "",
                "## The rest of the run",
                "",
                _line("measured", "value"),
                _line("---", "---"),
                *(_line(name, value) for name, value in _rest(said)),
                "",
                *_short(values),
            ]
        ).rstrip()
        + "\n"
    )


def disturbed(load: float) -> list[str]:
    """Says so when the machine was not ours alone: times are longer by what ran beside."""
    if load < QUIET * (os.cpu_count() or 1):
        return []
    return [
        "",
        f"**The machine was busy:** its load was {load:.1f} before the run began, so the times"
        " below are those of a share of it. Run it again on a quiet one.",
    ]


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def _row(row: tuple[str, str, tuple[float | None, ...], float, bool], value: float) -> str:
    what, _key, peers, aim, more = row
    known = [peer for peer in peers if peer is not None]
    ratio = value / max(known) if more else min(known) / max(value, 0.001)
    return _line(what, *map(_shown, peers), f"**{_shown(value)}**", _shown(aim), f"{ratio:.1f}")


def _rest(said: dict[str, Any]) -> list[tuple[str, str]]:
    sweep, watch, memory = said["sweep"], said["oversight"], said["memory"]
    rows = [
        ("submissions a second, 1 client", _shown(said["submit1"]["a_second"])),
        ("one submission with 1 client, ms", _shown(said["submit1"]["median"])),
        ("one submission with 8 clients, ms", _shown(said["submit8"]["median"])),
        ("cases a second, the same SQL without HTTP, 1 client", _shown(said["sql1"]["a_second"])),
        ("the same, 8 clients in one process", _shown(said["sql8"]["a_second"])),
        ("SMS handed over a second, 8 clients", _shown(said["sms8"]["a_second"])),
        (
            "USSD: a screen with 50 sessions at once, each read for two seconds, ms: median,"
            " 99th percentile (aim: 300)",
            f"{_shown(said['ussd50']['median'])}, {_shown(said['ussd50']['p99'])}"
            f" ({said['ussd50']['screens']:,} screens, {said['ussd50']['cases']:,} cases)",
        ),
        ("dashboard: the figures alone, ms", _shown(watch["figures_only"])),
        ("public figures, ms", _shown(watch["public"])),
        ("list of escalations at the top rung, ms", _shown(watch["escalations"])),
        ("sweep with nothing due, ms", _shown(sweep["idle"])),
        (
            "first sweep after the load",
            f"{sweep['first_timers']:,} timers in {sweep['first_seconds']:.1f} s",
        ),
        (
            "sweep with 2,000 due",
            f"{sweep['timers']:,} timers in {sweep['seconds']:.1f} s",
        ),
        (
            "memory of the web after the run, MiB",
            f"{memory['pss']:.0f} (resident, shared pages counted in each: {memory['rss']:.0f},"
            f" {memory['processes']} processes)",
        ),
    ]
    sending = said["sending"]
    rows += [
        ("SMS sent a second, a gateway of 300 ms, 1 sender", _shown(sending["one_sender"])),
        ("the same, 8 senders of one worker", _shown(sending["senders"])),
        ("one lease beside 1,000,000 messages, ms", _shown(sending["lease"])),
        ("leases a second, 8 workers at once", _shown(sending["contended"])),
        ("settling what senders left, 1,000,000 messages, ms", _shown(sending["replay"])),
    ]
    for path, (size, requests) in said["weights"].items():
        rows.append((f"first load of `{path}`", f"{size:,} bytes in {requests} requests"))
    return rows


def _short(values: dict[str, float]) -> list[str]:
    """What does not reach its aim."""
    missed = [
        f"- {what}: {_shown(values[key])} against {_shown(aim)}"
        for what, key, _peers, aim, more in ROWS
        if (values[key] < aim if more else values[key] > aim)
    ]
    return ["## Short of the aim", "", *missed] if missed else ["Every aim was reached."]
