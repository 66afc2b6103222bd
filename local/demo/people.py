"""The made-up officers of the demonstration, their posts, and the logins that are shown.

The names are common ones put together at random; nobody real is meant.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pyotp
from flask import current_app
from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from feedback import models as m
from feedback.extensions import db
from feedback.services import factors
from feedback.services.errors import Refused
from feedback.services.passwords import hasher
from feedback.services.reference import Directory
from feedback.services.sessions import NEEDS_FACTOR
from local.keys import write_private
from local.places import CHECKOUT

# `local.run` names its data folder to every process of a run.
DATA_VARIABLE = "MREJESHO_LOCAL_RUN"
LOGINS_FILE = "demo-logins.json"
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - what one is made of
IN_OFFICE = timedelta(days=400)  # how long everybody has held the post already


@dataclass(frozen=True, slots=True)
class Person:
    """An officer; `post` and `deputy` name posts of the institution as `kind` or `kind/UNIT`."""

    username: str
    name: str
    institution: str
    unit: str
    role: str
    post: str = ""
    deputy: str = ""


_P = Person
PEOPLE = (
    # Dodoma City Council: every desk staffed; the head of ENV is vacant, so its rung gets letters.
    _P("neema.kimaro", "Neema Kimaro", "DODOMA-CC", "REGISTRY", "coordinator", "coordinator"),
    _P("joseph.massawe", "Joseph Massawe", "DODOMA-CC", "PLANNING", "head", "institution_head"),
    _P("mariamu.shayo", "Mariamu Shayo", "DODOMA-CC", "HR", "head", "hr_head"),
    _P("halima.bakari", "Halima Bakari", "DODOMA-CC", "REGISTRY", "handler"),
    _P("emmanuel.kessy", "Emmanuel Kessy", "DODOMA-CC", "REGISTRY", "handler"),
    _P("zawadi.kileo", "Zawadi Kileo", "DODOMA-CC", "REGISTRY", "registry"),
    _P("paulo.mtega", "Paulo Mtega", "DODOMA-CC", "REGISTRY", "head", "unit_head/REGISTRY"),
    _P("asha.mwakyusa", "Asha Mwakyusa", "DODOMA-CC", "WORKS", "handler"),
    _P("baraka.mollel", "Baraka Mollel", "DODOMA-CC", "WORKS", "handler"),
    _P("godfrey.ngowi", "Godfrey Ngowi", "DODOMA-CC", "WORKS", "head", "unit_head/WORKS"),
    _P("rehema.swai", "Rehema Swai", "DODOMA-CC", "WATER", "handler"),
    _P("juma.chacha", "Juma Chacha", "DODOMA-CC", "WATER", "handler"),
    _P("elia.mrema", "Elia Mrema", "DODOMA-CC", "WATER", "head", "unit_head/WATER"),
    _P("zainabu.komba", "Zainabu Komba", "DODOMA-CC", "HEALTH", "handler"),
    _P(
        "daudi.magesa",
        "Daudi Magesa",
        "DODOMA-CC",
        "HEALTH",
        "handler",
        deputy="unit_head/HEALTH",
    ),
    _P("fatuma.hamad", "Fatuma Hamad", "DODOMA-CC", "HEALTH", "head", "unit_head/HEALTH"),
    _P("grace.lyimo", "Grace Lyimo", "DODOMA-CC", "EDU-PRIMARY", "handler"),
    _P("yohana.sanga", "Yohana Sanga", "DODOMA-CC", "EDU-PRIMARY", "head", "unit_head/EDU-PRIMARY"),
    _P("hamisi.mbwana", "Hamisi Mbwana", "DODOMA-CC", "LAND", "handler"),
    _P("upendo.haule", "Upendo Haule", "DODOMA-CC", "LAND", "handler"),
    _P("peter.kihwelo", "Peter Kihwelo", "DODOMA-CC", "LAND", "head", "unit_head/LAND"),
    _P("pili.masanja", "Pili Masanja", "DODOMA-CC", "ENV", "handler"),
    _P("salum.khamis", "Salum Khamis", "DODOMA-CC", "ENV", "handler"),
    _P("rashidi.temba", "Rashidi Temba", "DODOMA-CC", "FINANCE", "handler"),
    _P("anna.mabula", "Anna Mabula", "DODOMA-CC", "TRADE", "handler", "unit_head/TRADE"),
    _P("tatu.marwa", "Tatu Marwa", "DODOMA-CC", "WELFARE", "handler", "unit_head/WELFARE"),
    _P("frank.malisa", "Frank Malisa", "DODOMA-CC", "HR", "handler"),
    # The regional secretariat above it, which also sorts what names no institution.
    _P(
        "anastazia.mwinuka",
        "Anastazia Mwinuka",
        "RS-DODOMA",
        "LGA",
        "oversight",
        "institution_head",
    ),
    _P("rose.mfinanga", "Rose Mfinanga", "RS-DODOMA", "REGISTRY", "coordinator", "coordinator"),
    _P("selemani.ndunguru", "Selemani Ndunguru", "RS-DODOMA", "REGISTRY", "handler"),
    _P("athumani.mkude", "Athumani Mkude", "RS-DODOMA", "HR", "head", "hr_head"),
    # A smaller council below it.
    _P("josephat.mlay", "Josephat Mlay", "CHAMWINO-DC", "PLANNING", "head", "institution_head"),
    _P("winfrida.kato", "Winfrida Kato", "CHAMWINO-DC", "REGISTRY", "coordinator", "coordinator"),
    _P("mikidadi.said", "Mikidadi Said", "CHAMWINO-DC", "REGISTRY", "handler"),
    # Ethics officers.
    _P("amina.mtulia", "Amina Mtulia", "ETHICS", "REGISTRY", "ethics"),
    _P("elisha.mwita", "Elisha Mwita", "ETHICS", "REGISTRY", "ethics"),
    _P("consolata.ngonyani", "Consolata Ngonyani", "ETHICS", "SERVICE", "ethics", "ethics_senior"),
    _P("bernard.kulwa", "Bernard Kulwa", "ETHICS", "LEGAL", "ethics", "ethics_head"),
    # The offices on the upper rungs.
    _P(
        "mwajuma.kapinga", "Mwajuma Kapinga", "PO-RALG", "PLANNING", "oversight", "institution_head"
    ),
    _P("omari.nyerembe", "Omari Nyerembe", "PO-PSMGG", "PLANNING", "oversight", "institution_head"),
    _P("saada.mkapila", "Saada Mkapila", "PO-PSMGG", "REGISTRY", "handler"),
    _P("khadija.simba", "Khadija Simba", "PO-PSMGG", "REGISTRY", "coordinator", "coordinator"),
    _P("musa.mwaipopo", "Musa Mwaipopo", "PO-PSMGG", "HR", "handler", "hr_head"),
    _P("esther.mushi", "Esther Mushi", "PO-PSMGG", "REGISTRY", "admin"),
    _P("abdallah.juma", "Abdallah Juma", "PO-PSMGG", "REGISTRY", "auditor"),
    _P("happiness.mhagama", "Happiness Mhagama", "CS", "PLANNING", "oversight", "institution_head"),
    _P("zawadi.magoti", "Zawadi Magoti", "CS", "LEGAL", "ethics", "ethics_post"),
    _P("mwanaidi.lugala", "Mwanaidi Lugala", "PMO", "PLANNING", "oversight", "institution_head"),
    _P(
        "martha.mwasaga", "Martha Mwasaga", "W-NISHATI", "PLANNING", "oversight", "institution_head"
    ),
    # Two agencies.
    _P("veronica.msangi", "Veronica Msangi", "TANESCO", "REGISTRY", "coordinator", "coordinator"),
    _P("dickson.mlowe", "Dickson Mlowe", "TANESCO", "SERVICE", "head", "institution_head"),
    _P("flora.ndege", "Flora Ndege", "TANESCO", "HR", "head", "hr_head"),
    _P("kassim.mtanda", "Kassim Mtanda", "TANESCO", "TECH", "handler"),
    _P("lucas.manyama", "Lucas Manyama", "TANESCO", "TECH", "handler"),
    _P("stella.mwamba", "Stella Mwamba", "TANESCO", "TECH", "head", "unit_head/TECH"),
    _P("rajabu.msuya", "Rajabu Msuya", "TANESCO", "REGISTRY", "handler"),
    _P("agnes.mbilinyi", "Agnes Mbilinyi", "DAWASA", "REGISTRY", "coordinator", "coordinator"),
    _P("hassan.mketo", "Hassan Mketo", "DAWASA", "SERVICE", "head", "institution_head"),
    _P("lilian.makundi", "Lilian Makundi", "DAWASA", "HR", "head", "hr_head"),
    _P("nuru.ally", "Nuru Ally", "DAWASA", "REGISTRY", "handler"),
    _P("isaya.mgaya", "Isaya Mgaya", "DAWASA", "REGISTRY", "handler"),
    _P("sophia.mbwambo", "Sophia Mbwambo", "DAWASA", "FINANCE", "handler", "unit_head/FINANCE"),
    _P("thomas.lwoga", "Thomas Lwoga", "DAWASA", "TECH", "handler", "unit_head/TECH"),
    _P("mwanahawa.mussa", "Mwanahawa Mussa", "DAWASA", "SERVICE", "head", "unit_head/REGISTRY"),
)
LOGINS = {
    "handler": "asha.mwakyusa",
    "coordinator": "neema.kimaro",
    "head": "joseph.massawe",
    "oversight": "anastazia.mwinuka",
    "ethics": "amina.mtulia",
    "admin": "esther.mushi",
    "auditor": "abdallah.juma",
    "registry": "zawadi.kileo",
}
SECOND_STEP = [role for role in LOGINS if role in NEEDS_FACTOR]
# Whoever heads an institution leads it as well as overseeing those below.
ALSO_HEAD = "institution_head"
ON_LEAVE = "fatuma.hamad"  # her deputy stands in
# On leave from today on, with cases that fall due meanwhile: the board offers to hand them over.
LEAVES_TODAY = "juma.chacha"
# Who takes which subjects of a unit (none: every one), with a share in per cent.
ROSTER = (
    ("asha.mwakyusa", "WORKS", "", 100),
    ("baraka.mollel", "WORKS", "", 75),
    ("rehema.swai", "WATER", "", 100),
    ("juma.chacha", "WATER", "", 100),
    ("zainabu.komba", "HEALTH", "", 100),
    ("daudi.magesa", "HEALTH", "MEDICINE", 100),
    ("daudi.magesa", "HEALTH", "", 50),
    ("grace.lyimo", "EDU-PRIMARY", "", 100),
    ("hamisi.mbwana", "LAND", "LAND-DISPUTE", 100),
    ("upendo.haule", "LAND", "LAND-TITLE", 100),
    ("pili.masanja", "ENV", "", 100),
    ("salum.khamis", "ENV", "", 100),
    ("halima.bakari", "REGISTRY", "", 100),
    ("emmanuel.kessy", "REGISTRY", "", 50),
)
# Days of the week, half ones among them, and the own deputy.
DUTIES = (
    ("baraka.mollel", (1, 2, 3, 4, 5), (5,), "asha.mwakyusa"),
    ("asha.mwakyusa", (1, 2, 3, 4, 5), (), "baraka.mollel"),
    ("juma.chacha", (1, 2, 3, 4, 5), (), "rehema.swai"),
    ("emmanuel.kessy", (1, 3, 5), (), "halima.bakari"),
)


def logins_file() -> Path:
    """Where the logins are kept: the data folder of the local run."""
    folder = Path(os.environ.get(DATA_VARIABLE) or CHECKOUT / "local" / ".data")
    return folder / LOGINS_FILE


def logins() -> dict[str, dict[str, str]]:
    """The logins by role, from the file; made and written down when they are not there."""
    path = logins_file()
    if path.exists():
        known: dict[str, dict[str, str]] = json.loads(path.read_text())
        names = {role: login["username"] for role, login in known.items()}
        if names == LOGINS and all(known[role]["totp_secret"] for role in SECOND_STEP):
            return known
    made = {
        role: {
            "username": username,
            "password": _password(),
            "totp_secret": pyotp.random_base32() if role in SECOND_STEP else "",
        }
        for role, username in LOGINS.items()
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, json.dumps(made, indent=2) + "\n")
    return made


def _password() -> str:
    """15 letters in groups of five: easy to copy by hand, 74 bits."""
    groups = ("".join(secrets.choice(PASSWORD_LETTERS) for _ in range(5)) for _ in range(3))
    return "-".join(groups)


def create(d: Directory, today: date, wanted: Mapping[str, Mapping[str, str]]) -> None:
    """Make the officers and put them on their posts; safe to repeat.

    Those of LOGINS get the `wanted` passwords; the others share one that nobody knows.
    """
    rows = [
        {
            "institution_id": d.institutions_by_code[person.institution].id,
            "unit_id": _unit(d, person.institution, person.unit),
            "username": person.username,
            "name": person.name,
            "roles": sorted({person.role, *(["head"] if person.post == ALSO_HEAD else [])}),
            "active": True,
            "language": "sw",
        }
        for person in PEOPLE
    ]
    db.session.execute(pg_insert(m.Officer).on_conflict_do_nothing(), rows)
    ids = officer_ids()
    nobody = hasher.hash(secrets.token_urlsafe())
    known = {login["username"]: hasher.hash(login["password"]) for login in wanted.values()}
    db.session.execute(
        pg_insert(m.Credential).on_conflict_do_nothing(),
        [
            {"officer_id": number, "password_hash": known.get(username, nobody)}
            for username, number in ids.items()
        ],
    )
    _give_secrets(ids, wanted)
    posts = {
        (row.institution_id, row.unit_id, row.kind): row.id
        for row in db.session.execute(
            select(m.Post.id, m.Post.institution_id, m.Post.unit_id, m.Post.kind)
        )
    }
    for person in PEOPLE:
        for capacity, words in (("holder", person.post), ("deputy", person.deputy)):
            if words:
                post = posts[_post(d, person.institution, words)]
                _hold(post, ids[person.username], capacity, today)
    away = ids[ON_LEAVE]
    if not db.session.scalars(select(m.Leave.id).where(m.Leave.officer_id == away)).first():
        first, last = today - timedelta(days=18), today + timedelta(days=10)
        db.session.execute(insert(m.Leave).values(officer_id=away, first_day=first, last_day=last))
        values = {"first_day": today, "last_day": today + timedelta(days=12)}
        db.session.execute(insert(m.Leave).values(officer_id=ids[LEAVES_TODAY], **values))
    _share_out(d, ids, today)


def _share_out(d: Directory, ids: Mapping[str, int], today: date) -> None:
    """The roster of the council, with days and deputies."""
    institutions = {person.username: person.institution for person in PEOPLE}
    db.session.execute(
        pg_insert(m.Roster).on_conflict_do_nothing(),
        [
            {
                "officer_id": ids[username],
                "unit_id": _unit(d, institutions[username], unit),
                "category_id": d.categories_by_code[category].id if category else None,
                "share": share,
                "since_day": today - IN_OFFICE,
            }
            for username, unit, category, share in ROSTER
        ],
    )
    db.session.execute(
        pg_insert(m.Duty).on_conflict_do_nothing(),
        [
            {
                "officer_id": ids[username],
                "days": list(days),
                "half_days": list(half),
                "deputy_id": ids[deputy],
            }
            for username, days, half, deputy in DUTIES
        ],
    )


def _hold(post: int, officer: int, capacity: str, today: date) -> None:
    """Somebody who holds the post already keeps it."""
    statement = pg_insert(m.PostHolding).values(
        post_id=post, officer_id=officer, capacity=capacity, since_day=today - IN_OFFICE
    )
    db.session.execute(statement.on_conflict_do_nothing())


def _unit(d: Directory, institution: str, code: str) -> int:
    units = d.units_of(d.institutions_by_code[institution].id)
    return next(unit.id for unit in units if unit.code == code)


def _post(d: Directory, institution: str, words: str) -> tuple[int, int | None, str]:
    kind, _, unit = words.partition("/")
    unit_id = _unit(d, institution, unit) if unit else None
    return d.institutions_by_code[institution].id, unit_id, kind


def officer_ids() -> dict[str, int]:
    """The officers of the demonstration by user name."""
    names = [person.username for person in PEOPLE]
    rows = db.session.execute(
        select(m.Officer.username, m.Officer.id).where(m.Officer.username.in_(names))
    )
    return {row.username: row.id for row in rows}


def mark(wanted: Mapping[str, Mapping[str, str]]) -> str:
    """A keyed hash of the logins, by which a later load knows them without checking each one."""
    content = json.dumps(wanted, sort_keys=True).encode()
    return hmac.digest(current_app.config["SECRET_KEY"].encode(), content, "sha256").hex()[:32]


def give_passwords(wanted: Mapping[str, Mapping[str, str]]) -> None:
    """Set the logins of the file; whoever was logged in as one of them no longer is."""
    ids = officer_ids()
    for login in wanted.values():
        number, password_hash = ids[login["username"]], hasher.hash(login["password"])
        db.session.execute(
            pg_insert(m.Credential)
            .values(officer_id=number, password_hash=password_hash)
            .on_conflict_do_update(
                index_elements=[m.Credential.officer_id], set_={"password_hash": password_hash}
            )
        )
        db.session.execute(
            update(m.StaffSession)
            .where(m.StaffSession.officer_id == number, m.StaffSession.ended_at.is_(None))
            .values(ended_at=func.now())
        )
    _give_secrets(ids, wanted)


def _give_secrets(ids: Mapping[str, int], wanted: Mapping[str, Mapping[str, str]]) -> None:
    """Set up the second step of those logins that have one."""
    for login in wanted.values():
        if login["totp_secret"]:
            number = ids[login["username"]]
            sealed = factors.sealed(number, login["totp_secret"])
            db.session.execute(
                pg_insert(m.Totp)
                .values(officer_id=number, secret=sealed, last_step=0)
                .on_conflict_do_update(
                    index_elements=[m.Totp.officer_id], set_={"secret": sealed, "last_step": 0}
                )
            )


def present_code(role: str, now: datetime) -> str:
    """The code that the authenticator of a login would show now; empty where it needs none.

    Refused: not-a-demonstration, not-found.
    """
    if not current_app.config["DEMO"]:
        raise Refused("not-a-demonstration")
    if not logins_file().exists() or role not in LOGINS:
        raise Refused("not-found")
    secret = logins()[role]["totp_secret"]
    return pyotp.TOTP(secret).at(now) if secret else ""
