"""Texts as an administrator saves them: what is refused, what holds when, what is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import psycopg
import pytest
import sqlalchemy.exc
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from feedback import clock
from feedback.services import outbox, texts
from feedback.services.errors import Refused
from feedback.services.texts import Template, checking, editing, medium, samples, shipped, versions
from feedback.transaction import JOB, NOBODY, Principal, transaction
from local.phone import PhoneSimulator, sms
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

URL = "https://mrejesho.example/track"
RECEIVED = {
    "sw": Template(("Tumekupata, {reference}.", "Jibu kabla ya {due}.")),
    "en": Template(("Got it, {reference}.", "Answer before {due}.")),
}
LONG = {
    "sw": Template(("Tumekupata, {reference}.", "Jibu kabla ya {due}.", "maneno mengi " * 10)),
    "en": Template(("Got it, {reference}.", "Answer before {due}.", "many words " * 13)),
}


@pytest.fixture
def admin(make: Make) -> int:
    return make.officer("PO-PSMGG", "admin", name="Msimamizi Mkuu")


def save(
    admin: int,
    said: dict[str, Template],
    name: str = "received",
    *,
    seen: int = 0,
    day: date | None = None,
    two_parts: bool = False,
    now: datetime | None = None,
) -> int:
    with transaction(Principal.of_officer(admin)):
        return editing.save(
            name,
            said,
            seen=seen,
            day=day,
            two_parts=two_parts,
            officer_id=admin,
            now=now or clock.now(),
        )


def sent(
    name: str = "received", language: str = "sw", now: datetime | None = None, **values: str
) -> str:
    given = {"reference": "7KQ2-M4XP", "due": "2026-12-14", "status": "new", "code": "X"}
    with transaction(JOB):
        return texts.render(name, language, given | values, url=URL, now=now)


def codes(name: str, said: dict[str, Template], now: datetime | None = None) -> set[Any]:
    with transaction(NOBODY):
        found = checking.problems(name, said, now or clock.now())
    return {(p.language, p.field, p.code, p.about) for p in found}


def changed(language: str, **fields: Any) -> dict[str, Template]:
    """RECEIVED with a field of one language said otherwise."""
    before = RECEIVED[language]
    pieces = {"parts": before.parts, "after": before.after, "pointer": before.pointer} | fields
    return RECEIVED | {language: Template(**pieces)}


# What holds.


def test_a_saved_text_is_sent_from_then_on(admin: int, superuser: Behind) -> None:
    before = sent()
    assert save(admin, RECEIVED) == 1
    assert sent() == "Tumekupata, 7KQ2-M4XP. Jibu kabla ya 14 Desemba 2026."
    assert sent(language="en") == "Got it, 7KQ2-M4XP. Answer before 14 December 2026."
    assert sent(due="") == "Tumekupata, 7KQ2-M4XP."
    assert sent() != before
    (entry,) = kit.rows(superuser, "SELECT * FROM audit_entry WHERE act = 'text_changed'")
    assert entry["actor_id"] == admin
    assert entry["details"] == {
        "text": "received",
        "version": 1,
        "parts": 1,
        "holds_from": clock.local_day(clock.now()).isoformat(),
    }


def test_a_planned_text_waits_for_its_day(admin: int, monday: datetime) -> None:
    before = sent(now=monday)
    save(admin, RECEIVED, day=date(2025, 11, 12), now=monday)
    eve = kit.at("2025-11-11 23:59:59")
    assert sent(now=eve) == before
    assert sent(now=kit.at("2025-11-12 00:00")).startswith("Tumekupata")
    # What is said at once in between does not undo the plan.
    save(admin, changed("sw", parts=("Asante, {reference}.", "{due}.")), seen=1, now=monday)
    assert sent(now=eve).startswith("Asante")
    assert sent(now=kit.at("2025-11-12 00:00")).startswith("Tumekupata")
    with transaction(JOB):
        (plan,) = versions.ahead("received", monday)
    assert plan.number == 1


def test_a_plan_is_withdrawn_by_saying_what_holds_until_then(admin: int, monday: datetime) -> None:
    save(admin, RECEIVED, now=monday)
    later = changed("sw", parts=("Asante, {reference}.", "{due}."))
    save(admin, later, seen=1, day=date(2025, 11, 12), now=monday)
    save(admin, RECEIVED, seen=2, day=date(2025, 11, 12), now=monday)
    with transaction(JOB):
        assert versions.ahead("received", monday) == []
    assert sent(now=monday + timedelta(days=9)).startswith("Tumekupata")


def test_of_old_versions_the_last_holds_and_each_moment_has_its_own(
    admin: int, monday: datetime
) -> None:
    for number, word in enumerate(("Kwanza", "Pili", "Tatu")):
        said = changed("sw", parts=(f"{word} {{reference}}.", "{due}."))
        save(admin, said, seen=number, now=monday + timedelta(days=10 * number))
    spoken = [sent(now=monday + timedelta(days=days)).split()[0] for days in (40, 25, 12, 0, 40)]
    assert spoken == ["Tatu", "Tatu", "Pili", "Kwanza", "Tatu"]


def test_today_is_at_once_and_yesterday_is_refused(admin: int, monday: datetime) -> None:
    save(admin, RECEIVED, day=date(2025, 11, 10), now=monday)
    assert sent(now=monday).startswith("Tumekupata")
    with pytest.raises(Refused, match="bad-date"):
        save(admin, LONG, seen=1, day=date(2025, 11, 9), now=monday)


def test_back_to_the_text_as_shipped_follows_it(admin: int, superuser: Behind) -> None:
    before = sent()
    save(admin, RECEIVED)
    save(admin, dict(shipped.TEXTS["received"]), seen=1)
    assert sent() == before
    rows = kit.rows(superuser, "SELECT * FROM text_version ORDER BY number")
    assert [row["said"] is None for row in rows] == [False, True]
    with transaction(JOB):
        page = editing.history("received")
    assert [(r.number, r.as_shipped, r.officer) for r in page.rows] == [
        (2, True, "Msimamizi Mkuu"),
        (1, False, "Msimamizi Mkuu"),
    ]
    assert page.rows[0].before == RECEIVED
    assert page.rows[1].before == shipped.TEXTS["received"]


def test_words_for_a_status_are_texts_too(admin: int) -> None:
    said = {"sw": Template(("limefika salama",)), "en": Template(("safely here",))}
    save(admin, said, "status.new")
    assert sent("status") == "7KQ2-M4XP: limefika salama. Mwisho wa kujibu: 14 Desemba 2026."
    assert "safely here" in sent("status", "en")
    assert "lina afisa" in sent("status", status="assigned")


def test_the_same_text_again_is_no_version(admin: int) -> None:
    with pytest.raises(Refused, match="unchanged"):
        save(admin, dict(shipped.TEXTS["received"]))
    save(admin, RECEIVED)
    with pytest.raises(Refused, match="unchanged"):
        save(admin, RECEIVED, seen=1)


# Two at once.


def test_who_saves_later_never_overwrites(admin: int, make: Make) -> None:
    other = make.officer("PO-PSMGG", "admin")
    save(admin, RECEIVED)
    with pytest.raises(Refused, match="clash"):
        save(other, changed("sw", parts=("Asante, {reference}.", "{due}.")), seen=0)
    assert sent().startswith("Tumekupata")


def test_of_two_at_the_same_moment_one_is_kept(
    app: Flask, admin: int, make: Make, superuser: Behind
) -> None:
    people = [admin, make.officer("PO-PSMGG", "admin"), make.officer("PO-PSMGG", "admin")]
    start, outcomes = Barrier(len(people)), []

    def run(officer: int) -> None:
        with app.app_context():
            start.wait()
            said = changed("sw", parts=(f"Afisa {officer}: {{reference}}.", "{due}."))
            try:
                outcomes.append(save(officer, said))
            except Refused as refused:
                outcomes.append(refused.code)

    threads = [Thread(target=run, args=(each,)) for each in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["1", "clash", "clash"]
    assert len(kit.rows(superuser, "SELECT * FROM text_version")) == 1


# What is refused.


@pytest.mark.parametrize(
    ("fields", "field", "code", "about"),
    [
        ({"parts": ()}, "parts", "empty", ""),
        ({"parts": ("Tumepokea.", "{due}")}, "parts", "missing", "{reference}"),
        ({"parts": ("{reference}: asante.",)}, "parts", "missing", "{due}"),
        ({"parts": ("{reference} {due} {name}", "x")}, "parts", "unknown", "{name}"),
        ({"parts": ("{reference} {due} {code}",)}, "parts", "unknown", "{code}"),
        ({"parts": ("{reference", "{due}")}, "parts", "braces", ""),
        ({"parts": ("reference}", "{due}")}, "parts", "braces", ""),
        ({"parts": ("{reference}", "{due} {{x}}")}, "parts", "braces", ""),
        ({"parts": ("{reference}", "{due}", "{due.year}")}, "parts", "format", "{due.year}"),
        ({"parts": ("{reference}", "{due}", "{0}{}")}, "parts", "format", "{}, {0}"),
        ({"parts": ("{reference}", "{due}", "{due!r}")}, "parts", "format", "{due!r}"),
        ({"parts": ("{reference}", "{due}", "{due:>99}")}, "parts", "format", "{due:>99}"),
        ({"parts": ("{reference}", "{due}", "{due[0]}")}, "parts", "format", "{due[0]}"),
        ({"parts": ("{reference}", "{due} \u2013 \u2019")}, "parts", "alphabet", "\u2013 \u2019"),
        ({"parts": ("{reference} kabla ya {due}",)}, "parts", "together", "{reference}"),
        ({"parts": ("{reference}", "{due}", "x" * 1_000)}, "parts", "long", "1000"),
        ({"after": "Hatua: {oops}"}, "after", "unknown", "{oops}"),
    ],
)
def test_a_text_that_cannot_be_sent_is_not_saved(
    app: Flask, admin: int, fields: dict[str, Any], field: str, code: str, about: str
) -> None:
    said = changed("sw", **fields)
    assert ("sw", field, code, about) in codes("received", said)
    with pytest.raises(editing.Unsound):
        save(admin, said)


def test_both_languages_say_the_same_things(app: Flask) -> None:
    said = changed("sw", after="Soma: {url}")
    assert codes("received", said) == {("en", "parts", "languages-differ", "{url}")}
    both = said | {"en": Template(RECEIVED["en"].parts, "Read: {url}")}
    assert codes("received", both) == set()


def test_words_that_are_never_cut_are_counted(
    app: Flask, admin: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = changed("sw", after="x" * 102)
    assert codes("received", said) == set()
    monkeypatch.setitem(shipped.WHOLE_WORDS, "received", "123456")
    with pytest.raises(Refused, match="two-parts"):
        save(admin, said)


def test_a_text_of_another_medium_is_held_to_what_that_carries(
    app: Flask, admin: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = changed("sw", after="x" * 130)
    monkeypatch.setitem(shipped.MEDIA, "received", medium.USSD)
    assert codes("received", long) == {("sw", "parts", "too-long", "2")}
    accented = changed("sw", after="caf\u00e9")
    assert codes("received", accented) == {("sw", "after", "alphabet", "\u00e9")}
    assert medium.USSD.like("caf\u00e9 \u20ac \u2019") == "cafe ? '"
    monkeypatch.setitem(shipped.MEDIA, "received", medium.EMAIL)
    save(admin, changed("sw", after="\u2014 " + "x" * 900))
    assert sent().endswith("x" * 900)


def test_more_than_two_parts_are_refused(app: Flask) -> None:
    said = changed("sw", parts=(*RECEIVED["sw"].parts, "maneno mengi " * 30))
    assert codes("received", said) == {("sw", "parts", "too-long", "3")}


def test_an_answer_leaves_room_for_the_words_of_the_office(app: Flask) -> None:
    before = shipped.TEXTS["answer"]
    long = Template(("Jibu la shauri lenye namba {reference}, " + "x" * 50,), pointer="{url}")
    said = {"sw": long, "en": Template(long.parts, pointer="{url}")}
    assert {each[2] for each in codes("answer", said)} == {"no-room"}
    tail = {
        language: Template(each.parts, each.after + " " + "x" * 90, each.pointer)
        for language, each in before.items()
    }
    assert {each[1:3] for each in codes("answer", tail)} == {("after", "no-room")}
    gone = {k: Template(t.parts, t.after, "") for k, t in before.items()}
    assert {each[1:3] for each in codes("answer", gone)} == {("pointer", "empty")}
    assert codes("answer", dict(before)) == set()


def test_a_second_part_is_confirmed_and_then_sent_whole(admin: int, superuser: Behind) -> None:
    with pytest.raises(Refused, match="two-parts"):
        save(admin, LONG)
    save(admin, LONG, two_parts=True)
    (row,) = kit.rows(superuser, "SELECT * FROM text_version")
    assert row["most_parts"] == 2
    text = sent()
    assert text.count("maneno mengi") == 10
    assert sms.parts(text) == texts.parts(text) == 2


def test_a_status_fits_every_text_that_tells_it(admin: int, monday: datetime) -> None:
    """Also one that is planned; and a text fits the words that are planned."""
    word = {"sw": Template(("x" * 110,)), "en": Template(("received",))}
    assert {each[2] for each in codes("status.new", word)} == set()
    plan = {
        "sw": Template(("{reference}: {status}.", "Mwisho ni {due}.", "x" * 20)),
        "en": Template(("{reference}: {status}.", "By {due}.", "x" * 20)),
    }
    save(admin, plan, "status", day=date(2025, 11, 20), now=monday)
    assert codes("status.new", word, monday) == {("sw", "parts", "too-long-there", "2")}
    longer = {"sw": Template(("x" * 80,)), "en": Template(("received",))}
    save(admin, longer, "status.new", day=date(2026, 11, 20), now=monday)
    later = plan | {"sw": Template((*plan["sw"].parts, "x" * 20))}
    with pytest.raises(Refused, match="two-parts"):
        save(admin, later, "status", seen=1, now=monday)


# Whatever happens to a version, the citizen gets a text.


def test_a_version_that_cannot_be_used_gives_way_to_the_text_as_shipped(
    app: Flask, admin: int, superuser: Behind
) -> None:
    before = sent()
    broken = (
        "'{}'",
        "'[1]'",
        """'{"sw": {"parts": ["{nothing}"], "after": "", "pointer": ""},
             "en": {"parts": ["x"], "after": "", "pointer": ""}}'""",
        """'{"sw": {"parts": ["{reference.x}"], "after": "", "pointer": ""},
             "en": {"parts": ["x"], "after": "", "pointer": ""}}'""",
        f"""'{{"sw": {{"parts": ["{"x" * 200}"], "after": "", "pointer": ""}},
             "en": {{"parts": ["x"], "after": "", "pointer": ""}}}}'""",
    )
    for number, said in enumerate(broken, 1):
        superuser.execute(
            "INSERT INTO text_version VALUES ('received', %s, "  # noqa: S608
            f"{said}, 1, %s, now(), now())",
            (number, admin),
        )
        with capture_logs() as logs:
            assert sent() == before, said
        events = [e for e in logs if e["event"].startswith("text_version")]
        assert events[-1]["text"] == "received"
        assert events[-1]["number"] == number
        assert "xxx" not in str(events)


def test_a_text_is_written_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_cache", None)
    assert texts.render("added", "en", {"reference": "A"}, url=URL).startswith("A: your message")


# Cost, and who may.


def test_writing_a_text_costs_no_query_of_its_own(admin: int, query_count: Any) -> None:
    save(admin, RECEIVED)
    sent()
    with transaction(JOB):
        texts.render("added", "sw", {"reference": "A"}, url=URL)  # begins the transaction
        with query_count() as counted:
            for _ in range(20):
                sent_text = texts.render(
                    "received", "sw", {"reference": "A", "due": "2026-12-14"}, url=URL
                )
    assert counted.number == 0
    assert sent_text.startswith("Tumekupata")


def test_the_history_comes_in_pages(admin: int, query_count: Any) -> None:
    for number in range(25):
        said = changed("sw", parts=(f"{number}: {{reference}}.", "{due}."))
        save(admin, said, seen=number)
    with transaction(JOB), query_count() as counted:
        first = editing.history("received")
        second = editing.history("received", before=first.next)
    assert [row.number for row in first.rows] == list(range(25, 5, -1))
    assert first.rows[-1].before["sw"].parts[0].startswith("4:")
    assert [row.number for row in second.rows] == [5, 4, 3, 2, 1]
    assert second.next is None
    assert counted.number == 3  # with the transaction's begin


@pytest.mark.parametrize("role", ["handler", "coordinator", "head", "oversight", "auditor"])
def test_the_database_lets_administrators_alone_save(make: Make, role: str) -> None:
    with pytest.raises(sqlalchemy.exc.ProgrammingError) as refused:
        save(make.officer("PO-PSMGG", role), RECEIVED)
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


# Through the outbox.


def test_the_number_of_parts_stands_with_the_message(
    app: Flask, admin: int, superuser: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(admin, LONG, two_parts=True)
    with PhoneSimulator(
        port=0, callback_base="http://127.0.0.1:1", token="x" * 32, api_key="test-key"
    ) as phone:
        monkeypatch.setitem(app.config, "AT_BASE_URL", phone.url)
        now = clock.now()
        for dedupe, name in (("a", "received"), ("b", "help")):
            with transaction(JOB):
                values = {"reference": "7KQ2-M4XP", "due": "2026-12-14"}
                said = {"case_id": None, "language": "sw", "values": values, "now": now}
                outbox.owe(dedupe, name, **said, recipient="+255712345678")
        assert outbox.deliver(clock.now()).sent == 2
        assert sorted(len(entry.text) > 160 for entry in phone.ledger()) == [False, True]
    rows = kit.rows(superuser, "SELECT dedupe, parts FROM outbox ORDER BY 1")
    assert [(row["dedupe"], row["parts"]) for row in rows] == [("a", 2), ("b", 1)]


# Property: whatever is accepted can be sent.

PIECES = st.sampled_from(
    [
        *("{reference}", "{due}", "{url}", "{code}", "{status}", "{reference.x}", "{", "}", "{{"),
        *("Tumepokea", "asante sana", "[", "\u20ac", "\u2019", "é", "%s", "x" * 60, "\\", "€" * 30),
    ]
)
SENTENCES = st.lists(
    st.lists(PIECES, min_size=1, max_size=5).map(" ".join), min_size=1, max_size=4
).map(tuple)
TEMPLATES_ = st.builds(
    Template, SENTENCES, st.just("") | SENTENCES.map(" ".join), SENTENCES.map(" ".join)
)


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, dict[str, Template]]:
    """Anything at all; or what was shipped, with sentences before and after."""
    name = draw(st.sampled_from(sorted(shipped.TEXTS)))
    if draw(st.booleans()):
        return name, {language: draw(TEMPLATES_) for language in ("sw", "en")}
    extra, rest = draw(SENTENCES), draw(st.text(max_size=60))
    before = shipped.TEXTS[name]
    return name, {
        language: Template((*t.parts, *extra, *rest.split()), t.after, t.pointer)
        for language, t in before.items()
    }


@contextmanager
def in_force(name: str, said: dict[str, Template], most: int) -> Iterator[None]:
    """The text as if it had been saved, without a database behind it."""
    version = versions.Version(1, said, most, clock.now() - timedelta(days=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions, "_kept", lambda _now: {name: (version,)})
        yield


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits())
def test_whatever_is_accepted_is_sent_within_the_parts_promised(
    app: Flask, edit: tuple[str, dict[str, Template]]
) -> None:
    name, said = edit
    now = clock.now()
    with transaction(NOBODY):
        if checking.problems(name, said, now):
            return
        most = checking.needed(name, said, now)
    for language in ("sw", "en"):
        with in_force(name, said, most), capture_logs() as logs:
            for status in texts.STATUS_WORDS:
                carrier = samples.is_status(name)
                text = texts.render(
                    "status" if carrier else name,
                    language,
                    {name: longest for name, (_, longest) in samples.VALUES.items()}
                    | {"status": status},
                    url=samples.LONGEST_URL,
                    words="neno " * 99 if samples.takes_words(name) else None,
                )
                assert sms.parts(text) <= most
                assert "{" not in text or "{" in "".join(said[language].parts)
        assert logs == []
