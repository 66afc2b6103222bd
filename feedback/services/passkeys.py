"""Passkeys: a key in the officer's device signs what the server asked, for this site alone.

Principal: the officer when one is added, login at the second step. What is to be signed stands
with the session in the database and is used up with the answer, right or wrong.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from feedback import models as m
from feedback.extensions import db
from feedback.services import audit
from feedback.services.errors import Refused

NAME = "e-Mrejesho"
MOST = 10
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Site:
    """The site that keys are bound to: a host name, and the whole origin."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """A passkey as its officer sees it."""

    id: UUID
    name: str
    made_at: datetime
    used_at: datetime | None


def of(officer_id: int) -> list[PasskeyRow]:
    """The passkeys of an officer."""
    rows = db.session.execute(
        select(m.Passkey.id, m.Passkey.name, m.Passkey.made_at, m.Passkey.used_at)
        .where(m.Passkey.officer_id == officer_id, m.Passkey.removed_at.is_(None))
        .order_by(m.Passkey.made_at)
    )
    return [PasskeyRow(*row) for row in rows]


def offer(officer_id: int, username: str, session_id: UUID, site: Site) -> str:
    """What the browser needs to make a new passkey, as JSON."""
    challenge = _challenge(session_id)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=NAME,
        user_name=username,
        user_id=officer_id.to_bytes(8, "big"),
        challenge=challenge,
        exclude_credentials=_known(officer_id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return options_to_json(options)


def add(
    officer_id: int, session_id: UUID, answer: str, name: str, site: Site, now: datetime
) -> None:
    """Keep the passkey that the browser made. Refused: bad-passkey, too-many, empty, too-long."""
    challenge = _used_up(session_id)
    if not name.strip():
        raise Refused("empty")
    if len(name) > LONGEST_NAME:
        raise Refused("too-long")
    if len(of(officer_id)) >= MOST:
        raise Refused("too-many")
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise Refused("bad-passkey") from error
    db.session.execute(
        insert(m.Passkey).values(
            id=uuid4(),
            officer_id=officer_id,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=name.strip(),
            made_at=now,
        )
    )
    audit.record("passkey_added", now=now, officer=officer_id)


def remove(officer_id: int, passkey_id: UUID, now: datetime) -> None:
    """Take a passkey's power away; Refused: not-found."""
    gone = db.session.execute(
        update(m.Passkey)
        .where(
            m.Passkey.id == passkey_id,
            m.Passkey.officer_id == officer_id,
            m.Passkey.removed_at.is_(None),
        )
        .values(removed_at=now)
        .returning(m.Passkey.id)
    ).first()
    if gone is None:
        raise Refused("not-found")
    audit.record("passkey_removed", now=now, officer=officer_id)


def ask(officer_id: int, session_id: UUID, site: Site) -> str:
    """What the browser needs to sign at the second step, as JSON."""
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=_challenge(session_id),
        allow_credentials=_known(officer_id),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return options_to_json(options)


def check(officer_id: int, session_id: UUID, answer: str, site: Site, now: datetime) -> bool:
    """Whether a passkey of the officer signed what was asked."""
    challenge = _used_up(session_id)
    try:
        used = parse_authentication_credential_json(answer)
        key = db.session.scalars(
            select(m.Passkey)
            .where(
                m.Passkey.credential_id == base64url_to_bytes(used.id),
                m.Passkey.officer_id == officer_id,
                m.Passkey.removed_at.is_(None),
            )
            .with_for_update()
        ).one_or_none()
        if key is None:
            return False
        signed = verify_authentication_response(
            credential=used,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    key.sign_count, key.used_at = signed.new_sign_count, now
    return True


def _known(officer_id: int) -> list[PublicKeyCredentialDescriptor]:
    found = db.session.scalars(
        select(m.Passkey.credential_id).where(
            m.Passkey.officer_id == officer_id, m.Passkey.removed_at.is_(None)
        )
    )
    return [PublicKeyCredentialDescriptor(id=each) for each in found]


def _challenge(session_id: UUID) -> bytes:
    drawn = os.urandom(32)
    db.session.execute(
        update(m.StaffSession).where(m.StaffSession.id == session_id).values(challenge=drawn)
    )
    return drawn


def _used_up(session_id: UUID) -> bytes:
    """What was to be signed; nothing signs it a second time."""
    row = db.session.scalars(
        select(m.StaffSession.challenge).where(m.StaffSession.id == session_id).with_for_update()
    ).one_or_none()
    db.session.execute(
        update(m.StaffSession).where(m.StaffSession.id == session_id).values(challenge=None)
    )
    # A random value where none was asked for: no answer signs it.
    return row or os.urandom(32)
