"""Changing the versioned key of everything that is sealed, while the system runs.

Put the new key first in IDENTITY_KEYS, keep the old one behind it, restart, then rotate: each value
wraps its own key anew, in small batches that pass over rows somebody else is writing and come back
to them. Whatever run is cut short, the next one goes on where it stood, since a row tells by its
first bytes which key holds it. An old key may be removed once no row names it.

The batches commit by themselves, so `rotate` is the edge and holds no transaction of its caller.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import LargeBinary, func, select, update

from feedback.extensions import Base, db
from feedback.services import identity
from feedback.services.identity import CannotUnseal
from feedback.transaction import Principal, transaction

log = structlog.get_logger()

# The owner's role: values are sealed in tables that neither web nor worker may rewrite.
OWNER = Principal("rotation", role="owner")
BATCH = 100  # rows locked at once, for some milliseconds
PASSES = 5  # over rows that others held
PAUSE = 0.2  # seconds between passes

# Every column whose values are sealed, and the place each value is bound to, filled from its row.
# The place is needed for values from before there were envelopes only.
SEALED: dict[tuple[str, str], str | None] = {
    ("sealed_identity", "sealed"): "case:{case_id}:{field}",
    ("message", "sealed"): "message:{id}",
    ("outbox", "recipient"): "outbox:{id}:recipient",
    ("outbox", "words"): "outbox:{id}:words",
    ("inbound_message", "sender"): "inbound:{id}:sender",
    ("inbound_message", "words"): "inbound:{id}:words",
    ("officer_phone", "number"): "officer-phone:{officer_id}:number",
    ("officer_mail", "address"): "officer-mail:{officer_id}:address",
    ("identity_opening", "reason"): None,
    ("totp", "secret"): None,
    ("totp", "pending"): None,
    ("case_key", "sealed"): None,
    ("upload", "sealed_key"): None,
    ("extract", "sealed"): None,
    ("extract", "answer"): None,
    ("outcome", "sealed"): None,
    ("ussd_session", "state"): None,
    ("draft", "sealed"): None,
    ("task", "sealed"): None,
    ("recommendation", "sealed"): None,
    ("task", "result"): None,
    ("case_link", "note"): None,
    ("case_split", "words"): None,
    ("redaction", "original"): None,
    ("letter", "facts"): None,
}
# Columns of bytes that are no values sealed by these keys: hashes, random numbers, public keys, and
# files, which the key of their case seals.
PLAIN = frozenset(
    {
        ("sealed_identity", "number_hash"),
        ("inbound_message", "number_hash"),
        ("phone", "number_hash"),
        ("officer_phone", "number_hash"),
        ("sms_day", "number_hash"),
        ("officer_phone", "code_nonce"),
        ("officer_mail", "code_nonce"),
        ("ussd_session", "session"),
        ("ussd_session", "number_hash"),
        ("ussd_session", "link"),
        ("submission", "content_hash"),
        ("submission", "receipt_nonce"),
        ("submission", "issued_nonce"),
        ("submission", "proof_mark"),
        ("filing_proof", "pin_nonce"),
        ("audit_entry", "mac"),
        ("audit_link", "chain"),
        ("access_code", "code_hash"),
        ("recovery_code", "code_hash"),
        ("passkey", "credential_id"),
        ("passkey", "public_key"),
        ("staff_session", "challenge"),
        ("attachment", "digest"),
        ("attachment_content", "sealed"),
        ("upload", "digest"),
        ("upload_part", "sealed"),
        ("letter", "digest"),
        ("letter", "token_hash"),
    }
)


@dataclass
class Rotated:
    """What a rotation did, in values. `in_use`: how many values each key id still holds."""

    rotated: int = 0
    failed: int = 0
    left: int = 0
    in_use: dict[str, int] = field(default_factory=dict)
    removable: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything is under the newest key."""
        return not self.failed and not self.left


def undeclared() -> set[tuple[str, str]]:
    """Columns of bytes that nobody has called sealed or plain."""
    found = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    return found - set(SEALED) - PLAIN


def rotate(known: list[str]) -> Rotated:
    """Bring every sealed value under the newest key. known: the key ids that are configured.

    A value that cannot be unwrapped is left as it is, counted and named in the log by its row.
    """
    report = Rotated()
    for (name, column), place in SEALED.items():
        table = Base.metadata.tables[name]
        for attempt in range(PASSES):
            if attempt:
                time.sleep(PAUSE)
            failed = _pass(table, table.c[column], place, report)
            if _outdated(table.c[column]) <= failed:
                break
        report.failed += failed
    report.in_use = key_ids()
    newest = known[0]
    old = sum(number for key_id, number in report.in_use.items() if key_id != newest)
    report.left = max(0, old - report.failed)
    report.removable = [key_id for key_id in known[1:] if key_id not in report.in_use]
    return report


def key_ids() -> dict[str, int]:
    """How many values each key holds, over all tables."""
    found: Counter[str] = Counter()
    with transaction(OWNER) as session:
        for name, column in SEALED:
            sealed = Base.metadata.tables[name].c[column]
            envelope = func.get_byte(sealed, 0) == identity.ENVELOPE
            start = db.case((envelope, 3), else_=2)
            length = db.case((envelope, func.get_byte(sealed, 1)), else_=func.get_byte(sealed, 0))
            key_id = func.convert_from(func.substring(sealed, start, length), "SQL_ASCII")
            # A forgotten sender leaves an empty value.
            counted = select(key_id, func.count()).where(func.length(sealed) > 1).group_by(key_id)
            for each, number in session.execute(counted):
                found[each] += number
    return dict(found)


def _is_outdated(sealed: Any) -> Any:
    head = identity.current_head()
    return (func.length(sealed) > 1) & (func.substring(sealed, 1, len(head)) != head)


def _outdated(sealed: Any) -> int:
    with transaction(OWNER) as session:
        return int(session.scalars(select(func.count()).where(_is_outdated(sealed))).one())


def _pass(table: Any, sealed: Any, place: str | None, report: Rotated) -> int:
    """One walk over a table by its key; answers how many values could not be read."""
    failed = 0
    (key,) = table.primary_key.columns
    after = None
    while True:
        with transaction(OWNER) as session:
            query = select(table).where(_is_outdated(sealed)).order_by(key).limit(BATCH)
            if after is not None:
                query = query.where(key > after)
            rows = session.execute(query.with_for_update(skip_locked=True)).mappings().all()
            for row in rows:
                try:
                    context = place.format(**row) if place else None
                    fresh = identity.rewrap(row[sealed.name], context)
                except CannotUnseal as error:
                    failed += 1
                    log.warning("cannot_rotate", table=table.name, row=str(row[key.name]),
                                column=sealed.name, reason=str(error))  # fmt: skip
                    continue
                session.execute(
                    update(table).where(key == row[key.name]).values({sealed.name: fresh})
                )
                report.rotated += 1
        if not rows:
            return failed
        after = rows[-1][key.name]
