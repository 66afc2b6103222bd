"""Alive, ready, and the sums for those who run the system."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from feedback import models as m
from feedback.extensions import db
from feedback.services import outbox
from feedback.transaction import JOB, Principal, transaction
from feedback.web import operations


def test_the_newest_migration_is_the_one_that_alembic_finds(app: Flask) -> None:
    folder = Path(app.root_path).parent / "migrations"
    assert operations.heads(folder / "versions") == ScriptDirectory(str(folder)).get_heads()


def test_live(client: FlaskClient) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_ready(client: FlaskClient) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 200, answer.json
    assert set(answer.json["checks"]) == {"database", "migrations", "queue", "gateway"}


@pytest.mark.parametrize("name", operations.GATEWAY_SETTINGS["africastalking"])
def test_not_ready_without_a_setting_of_the_gateway(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(app.config, name, "")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json["checks"]["gateway"] is False


def test_not_ready_without_the_queue(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setitem(app.extensions, "redis", nobody)
    answer = client.get("/health/ready")
    nobody.close()
    assert answer.status_code == 503
    assert [k for k, good in answer.json["checks"].items() if not good] == ["queue"]


def test_not_ready_at_another_migration(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "migration-heads", ["9999"])
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json["checks"]["migrations"] is False


def gauges(client: FlaskClient) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.split() for line in lines)}


def test_every_sum_is_there_and_zero_at_rest(client: FlaskClient) -> None:
    found = gauges(client)
    assert found == {f"mrejesho_{name}": 0 for name in operations.MEANING}


def test_what_waits_is_counted(client: FlaskClient) -> None:
    old = datetime.now(UTC) - timedelta(minutes=10)
    with transaction(JOB):
        for name, state in (("a", "queued"), ("b", "unknown"), ("c", "dead"), ("d", "failed")):
            outbox.owe(name, "help", case_id=None, language="sw", values={}, now=old)
            db.session.execute(
                m.Outbox.__table__.update().where(m.Outbox.dedupe == name).values(state=state)
            )
    found = gauges(client)
    assert found["mrejesho_outbox_waiting"] == 2
    assert found["mrejesho_outbox_unknown"] == 1
    assert found["mrejesho_outbox_dead"] == 1
    assert found["mrejesho_outbox_failed"] == 1
    assert 600 <= found["mrejesho_outbox_oldest_seconds"] < 700


def test_metrics_are_for_this_machine_or_the_token(app: Flask, client: FlaskClient) -> None:
    away = {"REMOTE_ADDR": "192.0.2.7"}
    token = app.config["METRICS_TOKEN"]
    assert client.get("/metrics", environ_base=away).status_code == 403
    for given, status in ((token, 200), ("wrong", 403), ("", 403), ("é", 403)):
        headers = {"Authorization": f"Bearer {given}"}
        answer = client.get("/metrics", environ_base=away, headers=headers)
        assert answer.status_code == status, given


@pytest.mark.parametrize("header", operations.FORWARDED)
def test_a_visitor_through_a_proxy_on_this_machine_is_not_this_machine(
    client: FlaskClient, header: str
) -> None:
    assert client.get("/metrics", headers={header: "192.0.2.7"}).status_code == 403


def test_without_a_token_set_no_token_opens(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "METRICS_TOKEN", "")
    answer = client.get(
        "/metrics",
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
        headers={"Authorization": "Bearer "},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("kind", ["hook", "figures", "officer", "nobody", "public"])
def test_the_sums_answer_no_other_purpose(app: Flask, kind: str) -> None:
    with transaction(Principal(kind)), pytest.raises(Exception, match="operators"):
        db.session.execute(db.text("SELECT * FROM guard.metrics(now())"))
