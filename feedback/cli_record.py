"""Commands about the record and the law; each ends with one JSON line, as those of `cli` do."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from feedback import clock, upkeep
from feedback.services import audit, audit_heads, breach, retention
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction

OWNER = Principal("reference-load", role="owner")


def _done(**said: Any) -> None:
    click.echo(json.dumps(said, default=str))


def _fail(reason: str) -> None:
    _done(ok=False, error=reason)
    sys.exit(1)


@click.command("verify-audit")
@click.option(
    "--heads",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Signed heads kept elsewhere; the file of AUDIT_HEADS if left out.",
)
@with_appcontext
def verify_audit(file: Path | None) -> None:
    """Check the record, its chain and its signed heads; exits with 1 when something was changed."""
    kept = _heads(file)
    if file is not None and not kept:
        _fail("no-heads")
    with transaction(JOB):
        audit.chain(clock.now())
    with transaction(JOB):
        report = audit.verify()
        if file is not None or current_app.config["AUDIT_HEADS"]:
            audit_heads.compare(report, kept)
    _done(ok=report.ok, **asdict(report))
    if not report.ok:
        sys.exit(1)


def _heads(file: Path | None) -> list[audit_heads.Head]:
    path = file or Path(current_app.config["AUDIT_HEADS"] or "-")
    try:
        return audit_heads.read(path)
    except FileNotFoundError:
        return []


@click.command("audit-head")
@with_appcontext
def audit_head() -> None:
    """Print the record's present head, signed, to be kept on paper or with somebody else."""
    with transaction(JOB):
        audit.chain(clock.now())
    with transaction(JOB):
        head = audit_heads.present(clock.now())
    if head is None:
        _fail("nothing-sealed")
        return
    told = json.loads(head.line())
    _done(ok=True, **told, public_key=audit_heads.public_key(head.key_id))


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Count what would be removed, remove nothing.")
@with_appcontext
def retain(dry_run: bool) -> None:
    """Remove what is older than its retention rule; never anything of a case that lives."""
    if dry_run:
        with transaction(JOB):
            _done(ok=True, dry_run=True, categories=retention.due(clock.now()))
        return
    _done(ok=True, dry_run=False, **upkeep.retain())


@click.command("retention-rule")
@click.argument("category", default="")
@click.option("--identity-months", type=int)
@click.option("--words-months", type=int)
@click.option("--source", default="", help="The schedule or decision that says so.")
@with_appcontext
def retention_rule(
    category: str, identity_months: int | None, words_months: int | None, source: str
) -> None:
    """Set how many months after its end a case of CATEGORY keeps what; without numbers: show all.

    Without CATEGORY the rule is for every category that has none of its own.
    """
    if identity_months is None and words_months is None:
        with transaction(OWNER):
            _done(ok=True, rules=[asdict(rule) for rule in retention.rules()])
        return
    rule = retention.Rule(category, identity_months or 0, words_months or 0, source)
    try:
        with transaction(OWNER):
            retention.set_rule(rule, clock.now())
    except Refused as error:
        _fail(error.code)
        return
    _done(ok=True, rule=asdict(rule))


@click.command("breach-report")
@click.option("--since", type=click.DateTime(), required=True, help="Time of Dar es Salaam.")
@click.option("--until", type=click.DateTime(), required=True)
@click.option("--officer", help="User name; everybody if left out.")
@with_appcontext
def breach_report(since: datetime, until: datetime, officer: str | None) -> None:
    """What was looked at and opened in a period, and a draft notice to the Commission."""
    zone = clock.DAR_ES_SALAAM
    try:
        with transaction(JOB):
            made = breach.report(
                since.replace(tzinfo=zone), until.replace(tzinfo=zone), officer, clock.now()
            )
    except Refused as error:
        _fail(error.code)
        return
    _done(ok=True, **asdict(made))


def init_app(app: Flask) -> None:
    """Make the commands known."""
    for command in (verify_audit, audit_head, retain, retention_rule, breach_report):
        app.cli.add_command(command)
