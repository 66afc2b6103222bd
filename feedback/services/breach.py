"""What was looked at in a period, when something leaked, and a draft notice to the Commission.

Personal Data Protection Act, 2022 (No. 11 of 2022), section 27(5): the Commission is told of a
breach of security without delay. The report counts and names references; it opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text

from feedback.clock import local
from feedback.extensions import db
from feedback.services import audit
from feedback.services.errors import Refused

_LOOKED = """
WITH looked AS (
  SELECT a.case_id, count(*) FILTER (WHERE a.act <> :opened) AS looks,
         coalesce(bool_or(a.act <> :opened AND coalesce(a.details ->> 'words', '1') = '1'), false)
           AS words,
         count(*) FILTER (WHERE a.act = :opened) AS openings,
         coalesce(array_agg(DISTINCT a.details ->> 'fields')
                  FILTER (WHERE a.act = :opened AND a.details ? 'fields'), '{}') AS opened,
         count(DISTINCT a.actor_id) AS officers
    FROM audit_entry a
   WHERE a.at >= :since AND a.at < :until AND a.act = ANY (:looks) AND a.case_id IS NOT NULL
     AND a.actor_id IS NOT NULL AND (CAST(:officer AS integer) IS NULL OR a.actor_id = :officer)
   GROUP BY a.case_id
)
SELECT c.reference, c.confidentiality, i.code AS institution, l.looks, l.words, l.openings,
       l.opened, l.officers
  FROM looked l
  JOIN guard.cases_touched((SELECT array_agg(case_id) FROM looked)) c ON c.case_id = l.case_id
  JOIN institution i ON i.id = c.institution_id
 ORDER BY c.reference"""


@dataclass(frozen=True, slots=True)
class Touched:
    """A case that was looked at. words: its words were shown; opened: sealed fields read."""

    reference: str
    confidentiality: str
    institution: str
    looks: int
    words: bool
    opened: list[str]
    officers: int


@dataclass(slots=True)
class Report:
    """What one period shows, and the draft in both languages."""

    cases: list[Touched] = field(default_factory=list)
    looks: int = 0
    openings: int = 0
    levels: dict[str, int] = field(default_factory=dict)
    draft: dict[str, str] = field(default_factory=dict)


def report(since: datetime, until: datetime, username: str | None, now: datetime) -> Report:
    """Cases and fields that officers (or one of them) looked at from `since` until before
    `until` (worker, or an auditor, who is told nothing of what is hidden from that auditor).

    Refused: bad-days, bad-target (no such officer). It is recorded.
    """
    if since >= until:
        raise Refused("bad-days")
    officer = None
    if username is not None:
        officer = db.session.scalar(
            text("SELECT id FROM officer WHERE username = :name"), {"name": username}
        )
        if officer is None:
            raise Refused("bad-target")
    rows = db.session.execute(
        text(_LOOKED),
        {
            "since": since,
            "until": until,
            "officer": officer,
            "opened": audit.IDENTITY_LOOKED,
            "looks": list(audit.LOOKS),
        },
    ).all()
    made = Report()
    for row in rows:
        fields = sorted({name for listed in row.opened for name in listed.split(",")})
        made.cases.append(
            Touched(
                row.reference,
                row.confidentiality,
                row.institution,
                row.looks,
                row.words,
                fields,
                row.officers,
            )
        )
        made.looks += row.looks
        made.openings += row.openings
        made.levels[row.confidentiality] = made.levels.get(row.confidentiality, 0) + 1
    made.draft = {language: _draft(form, made, since, until) for language, form in DRAFTS.items()}
    audit.record("breach_report", now=now, cases=len(made.cases), officer=officer or 0)
    return made


def _draft(form: str, made: Report, since: datetime, until: datetime) -> str:
    return form.format(
        since=f"{local(since):%Y-%m-%d %H:%M}",
        until=f"{local(until):%Y-%m-%d %H:%M}",
        cases=len(made.cases),
        words=sum(each.words for each in made.cases),
        looks=made.looks,
        openings=made.openings,
        fields=", ".join(sorted({name for each in made.cases for name in each.opened})) or "-",
        open=made.levels.get("open", 0),
        confidential=made.levels.get("confidential", 0),
        restricted=made.levels.get("restricted", 0),
    )


DRAFTS = {
    "sw": """\
RASIMU. KWA: Tume ya Ulinzi wa Taarifa Binafsi
YAH: Taarifa ya uvunjifu wa usalama wa taarifa binafsi, kifungu cha 27(5) cha Sheria ya Ulinzi wa \
Taarifa Binafsi, 2022 (Na. 11 ya 2022)

1. Mfumo: e-Mrejesho, wa malalamiko, mapendekezo, pongezi na maulizo ya wananchi.
2. Kipindi kinachohusika: {since} hadi {until} (saa za Dar es Salaam).
3. Mashauri yaliyotazamwa: {cases} (kawaida {open}, siri {confidential}, maadili pekee \
{restricted}); ambayo maneno yake yalionyeshwa: {words}; mara za kutazama: {looks}.
4. Hifadhi ya utambulisho: ilifunguliwa mara {openings}; sehemu zilizosomwa: {fields}.
5. Ilivyotokea na ilivyogundulika: [jaza]
6. Madhara yanayoweza kutokea kwa wahusika: [jaza]
7. Hatua zilizochukuliwa na zitakazochukuliwa: [jaza]
8. Iwapo na jinsi wahusika wataarifiwa: [jaza]
9. Afisa Ulinzi wa Taarifa Binafsi na mawasiliano yake: [jaza]

Taarifa hii haina jina wala namba ya mwananchi yeyote.
""",
    "en": """\
DRAFT. TO: Personal Data Protection Commission
RE: Notification of a breach of security of personal data, section 27(5) of the Personal Data \
Protection Act, 2022 (No. 11 of 2022)

1. System: e-Mrejesho, for complaints, suggestions, compliments and enquiries of citizens.
2. Period concerned: {since} to {until} (time of Dar es Salaam).
3. Cases looked at: {cases} (open {open}, confidential {confidential}, restricted {restricted}); \
of which the words were shown: {words}; looks in all: {looks}.
4. Identity vault: opened {openings} times; fields read: {fields}.
5. What happened and how it was noticed: [fill in]
6. What may follow for the persons concerned: [fill in]
7. Steps taken and to be taken: [fill in]
8. Whether and how the persons concerned are told: [fill in]
9. Data protection officer and how to reach that person: [fill in]

This notice holds no citizen's name or number.
""",
}
