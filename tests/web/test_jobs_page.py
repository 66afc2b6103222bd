"""The system's own work in the product: the administrator's page, the banner, the operators."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from feedback import jobs
from feedback.services import job_runs, machine_clock
from feedback.transaction import JOB, transaction
from feedback.web import job_wording
from tests.factories import Make
from tests.web.office import at_desk
from tests.web.story import MONDAY

BANNER = "Part of the system stands still"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[Any]:
    with time_machine.travel(MONDAY, tick=False) as moved:
        yield moved


def ran(name: str, ended: datetime, period: int = 15, error: str = "", **counts: int) -> None:
    with transaction(JOB):
        job_runs.record(job_runs.Run(name, period, ended, ended, 2.0, counts, error))


def ago(**span: float) -> datetime:
    return MONDAY - timedelta(**span)


def test_every_job_is_shown_in_words_of_its_own(app: Flask) -> None:
    with app.test_request_context("/"):
        named = {each.name: job_wording.promise(each.name) for each in jobs.PERIODIC}
    assert [name for name, words in named.items() if name == words] == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (119, "1 min"), (7_200, "2 h"), (200_000, "2 d")],
)
def test_a_span_is_told_in_one_unit(app: Flask, seconds: float, words: str) -> None:
    with app.test_request_context("/?lang=en") as context:
        context.session["lang"] = "en"
        assert job_wording.span(seconds) == words


def test_the_page_shows_what_runs_what_is_silent_and_what_was(
    app: Flask, make: Make, superuser: Any
) -> None:
    tab = at_desk(app, make.officer("PO-PSMGG", "admin"))
    assert "No job is known yet" in tab.get("/admin/jobs").text
    ran("deliver", ago(hours=5))
    ran("deliver", ago(seconds=20), sent=3)  # five hours later: on record, and settled
    ran("sweep", ago(minutes=3))
    ran("chain_audit", ago(minutes=9), 5)
    ran("chain_audit", ago(seconds=5), 5, "OperationalError")
    page = tab.get("/admin/jobs").text
    for shown in (
        "An SMS that is owed is sent",
        "Runs",
        "Silent since",
        "Fails since",
        "OperationalError",
        "It did not run",
        BANNER,
        "period: 2.",
    ):
        assert shown in page, shown
    assert "still so" not in page
    with transaction(JOB):
        assert job_runs.watch(MONDAY) == 2
        assert job_runs.watch(MONDAY) == 0
    assert "still so" in tab.get("/admin/jobs").text
    alarms = tab.get("/admin/alarms").text
    assert "A job of the system failed again and again" in alarms
    see_to = 'data-label="Where to see to it"><a href="/admin/jobs">Jobs</a></td>'
    assert see_to in "".join(line.strip() for line in alarms.splitlines())
    assert "Part of the system stood still: see the jobs" in tab.get("/staff/notices").text


@pytest.mark.parametrize(
    ("role", "path", "told"),
    [("admin", "/admin/alarms", True), ("head", "/desk", True), ("handler", "/desk", False)],
)
def test_who_is_told_on_every_page(
    app: Flask, make: Make, role: str, path: str, told: bool
) -> None:
    tab = at_desk(app, make.officer("PO-PSMGG", role))
    ran("sweep", ago(seconds=100))
    assert BANNER not in tab.get(path).text
    ran("deliver", ago(seconds=121))
    assert (BANNER in tab.get(path).text) is told


def test_nobody_but_administrators_reads_the_page(app: Flask, make: Make) -> None:
    assert at_desk(app, make.officer("PO-PSMGG", "head")).get("/admin/jobs").status_code == 403


def test_a_clock_in_doubt_is_shown(app: Flask, make: Make) -> None:
    tab = at_desk(app, make.officer("PO-PSMGG", "admin"))
    with transaction(JOB):
        assert machine_clock.look(ago(), 1.0, "0123456789").doubt == "apart"  # MONDAY is not today
    page = tab.get("/admin/jobs").text
    assert "The clock of machine 01234567 is not believed" in page
    assert "Machine 01234567" in page


def test_the_page_takes_few_statements(app: Flask, make: Make, query_count: Any) -> None:
    tab = at_desk(app, make.officer("PO-PSMGG", "admin"))
    numbers = []
    for count in (1, 20):
        for number in range(count):
            ran(f"job{number}", ago(hours=5))
            ran(f"job{number}", ago(hours=1))
        with query_count() as counted:
            assert tab.get("/admin/jobs").status_code == 200
        numbers.append(counted.number)
    assert numbers[0] == numbers[1]


# For who runs the system


def test_the_web_stays_ready_and_says_what_is_behind(client: FlaskClient) -> None:
    assert client.get("/health/ready").json["status"] == "ok"
    ran("sweep", ago(minutes=3))
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["jobs_behind"]) == ("degraded", ["sweep"])


def test_each_job_has_its_metrics(client: FlaskClient) -> None:
    ran("sweep", ago(seconds=40), escalations=1)
    ran("sweep", ago(seconds=30), error="ValueError")
    text = client.get("/metrics").text
    for line in (
        'mrejesho_job_age_seconds{job="sweep"} 40.0',
        'mrejesho_job_period_seconds{job="sweep"} 15.0',
        'mrejesho_job_seconds{job="sweep"} 2.0',
        'mrejesho_job_runs{job="sweep"} 2.0',
        'mrejesho_job_failures{job="sweep"} 1.0',
    ):
        assert line in text.splitlines(), line


def test_the_lag_is_the_age_of_the_oldest(client: FlaskClient, make: Make, superuser: Any) -> None:
    make.case(ago(days=9))
    with superuser.transaction():
        superuser.execute(
            "INSERT INTO calendar_correction (calendar_id, day, status, at)"
            " SELECT min(id), '2026-01-12', 'confirmed', %s FROM calendar",
            (ago(minutes=2),),
        )
    lines = dict(
        line.split() for line in client.get("/metrics").text.splitlines() if line[0] != "#"
    )
    assert float(lines["mrejesho_sweep_lag_seconds"]) > 86_400
    assert float(lines["mrejesho_audit_oldest_seconds"]) > 86_400
    assert float(lines["mrejesho_audit_unsealed"]) > 0
    assert float(lines["mrejesho_corrections_oldest_seconds"]) == 120
    assert float(lines["mrejesho_corrections_waiting"]) == 1
