"""The commands; each ends with one JSON line of what it did and exits non-zero on failure."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import Migrate
from sqlalchemy import select

from feedback import cli_record, clock, jobs
from feedback import models as m
from feedback.extensions import db
from feedback.services import (
    figures,
    history,
    officers,
    reference_files,
    reference_import,
    rotation,
    suggestions,
)
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction

OWNER = Principal("reference-load", role="owner")


def _done(**said: Any) -> None:
    click.echo(json.dumps(said, default=str))


def _fail(reason: str) -> None:
    _done(ok=False, error=reason)
    sys.exit(1)


@click.command("import-reference")
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False
)
@click.option("--force", is_flag=True, help="Also over what administrators changed on screen.")
@with_appcontext
def import_reference(folder: Path | None, force: bool) -> None:
    """Load the reference data shipped, or edited copies of its files in FOLDER; safe to repeat.

    What administrators changed on screen is kept and counted, unless --force is given.
    """
    try:
        with transaction(OWNER):
            counts = reference_import.import_reference(
                clock.now(), folder or reference_files.SHIPPED, force=force
            )
    except Refused as error:
        _fail(error.code)
        return
    _done(ok=True, **counts)


@click.command("create-admin")
@click.option("--username", required=True)
@click.option("--name", required=True)
@click.option("--institution", help="Code of the institution; the home institution if left out.")
@click.option("--password", help="Asked for when left out.")
@with_appcontext
def create_admin(username: str, name: str, institution: str | None, password: str | None) -> None:
    """Create an administrator, who creates everybody else on screen.

    The first login leads to the second step's set-up.
    """
    code = institution or current_app.config["HOME_INSTITUTION"]
    secret = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        with transaction(OWNER) as session:
            found = session.execute(
                select(m.Institution.id, m.Unit.id)
                .join(m.Unit, m.Unit.institution_id == m.Institution.id)
                .where(m.Institution.code == code, m.Unit.is_default)
            ).one_or_none()
            if found is None:
                raise Refused("bad-target")
            officer_id = officers.create(
                username=username,
                name=name,
                institution_id=found[0],
                unit_id=found[1],
                roles=["admin"],
                now=clock.now(),
            )
            officers.first_password(officer_id, username, secret)
    except Refused as error:
        _fail(error.code)
        return
    _done(ok=True, officer=officer_id)


@click.command("demo")
@with_appcontext
def demo() -> None:
    """Load demonstration officers and cases once; refused where real cases live."""
    from local import demo as demonstration

    try:
        said = demonstration.load(clock.now())
    except Refused as error:
        _fail(error.code)
        return
    _done(ok=True, **said)


@click.command("age")
@click.argument("reference")
@click.option("--working-days", type=click.IntRange(1, 1000), required=True)
@with_appcontext
def age(reference: str, working_days: int) -> None:
    """Move a case's history back in time (demonstration only), so that it can be seen late."""
    from local import demo as demonstration

    try:
        said = demonstration.age(reference, working_days, clock.now())
    except Refused as error:
        _fail(error.code)
        return
    _done(ok=True, **said)


@click.command("totp")
@click.option("--role", required=True, help="The role of a demonstration login.")
@with_appcontext
def totp(role: str) -> None:
    """Print the present code of a demonstration login's second step."""
    from local import demo as demonstration

    try:
        code = demonstration.present_code(role, clock.now())
    except Refused as error:
        _fail(error.code)
        return
    _done(ok=True, role=role, code=code)


@click.command("load")
@click.option("--cases", "count", type=click.IntRange(1, 10_000_000), required=True)
@click.option("--seed", type=int, default=1)
@with_appcontext
def load(count: int, seed: int) -> None:
    """Fill a demonstration with a large realistic history, fast."""
    try:
        said = history.load(count, clock.now(), seed=seed)
    except Refused as error:
        _fail(error.code)
        return
    _done(ok=True, **said)


@click.command("sweep")
@with_appcontext
def sweep() -> None:
    """Do everything that has fallen due, now."""
    total = jobs.sweep_all()
    with transaction(JOB):
        figures.refresh(clock.now())
    _done(ok=True, **asdict(total))


@click.command("deliver")
@with_appcontext
def deliver() -> None:
    """Send what the outbox owes, now."""
    _done(ok=True, **jobs.deliver_all())


@click.command("rotate-keys")
@with_appcontext
def rotate_keys() -> None:
    """Bring everything sealed under the first of IDENTITY_KEYS, while the system runs."""
    done = rotation.rotate(list(current_app.config["IDENTITY_KEYS"]))
    _done(ok=done.ok, **asdict(done))
    if not done.ok:
        sys.exit(1)


@click.command("suggestion-accuracy")
@with_appcontext
def suggestion_accuracy() -> None:
    """Learn from most of the handled cases and try the suggestions on those held out."""
    with transaction(JOB):
        said = suggestions.accuracy()
    _done(ok=True, **said)


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Run the worker until it is stopped."""
    jobs.worker_main()


@click.command("scheduler")
@with_appcontext
def scheduler() -> None:
    """Run the scheduler until it is stopped; two at once do no harm."""
    jobs.scheduler_main()


def init_app(app: Flask) -> None:
    """Make the commands known."""
    Migrate(app, db, directory="migrations")
    for command in (
        import_reference,
        create_admin,
        demo,
        age,
        totp,
        load,
        sweep,
        deliver,
        rotate_keys,
        suggestion_accuracy,
        worker,
        scheduler,
    ):
        app.cli.add_command(command)
    cli_record.init_app(app)
