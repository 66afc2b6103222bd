"""Rows behind the cases of the confidential world, written by a connection no policy binds."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from tests.services.confidential_probe import Connection

NOW = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)


def climb(
    connection: Connection, case: UUID, home: int, posts: list[int], restricted: bool
) -> None:
    """Rungs reached: seven posts at most, an eighth is the copy of the seventh."""
    for number, post in enumerate(posts, start=1):
        copy = posts[-1] if number == 7 else None
        if number == 8:
            return
        escalate(connection, case, home, number, post, copy, "holder", restricted)


def escalate(
    connection: Connection,
    case: UUID,
    home: int,
    rung: int,
    post: int | None,
    copy: int | None,
    way: str,
    restricted: bool,
) -> None:
    """One rung of a case."""
    connection.execute(
        "INSERT INTO escalation (id, case_id, cycle, rung, ladder, clock, post_id, copy_post_id,"
        " from_institution_id, way, restricted, due_at, at)"
        " VALUES (%s, %s, 1, %s, 'council', 'answer', %s, %s, %s, %s, %s, %s, %s)",
        (uuid4(), case, rung, post, copy, home, way, restricted, NOW, NOW),
    )


def _files(connection: Connection, case: UUID) -> None:
    """A file of the case with its content, and one that waits under the case's own id."""
    run, file = connection.execute, uuid4()
    run("INSERT INTO case_key (case_id, sealed) VALUES (%s, '\\x00')", (case,))
    run(
        "INSERT INTO attachment (id, case_id, number, family, format, size, state, attempts)"
        " VALUES (%s, %s, 1, 'image', 'jpeg', 1, 'clean', 1)",
        (file, case),
    )
    run(
        "INSERT INTO attachment_content (attachment_id, case_id, sealed) VALUES (%s, %s, '\\x00')",
        (file, case),
    )
    for upload, taken in ((case, None), (uuid4(), file)):
        run(
            "INSERT INTO upload (id, draft_id, attachment_id, family, format, size, received,"
            " sealed_key, at) VALUES (%s, %s, %s, 'image', 'jpeg', 1, 1, '\\x00', %s)",
            (upload, case, taken, NOW),
        )
        run(
            "INSERT INTO upload_part (upload_id, begins, sealed) VALUES (%s, 0, '\\x00')", (upload,)
        )


def _paper(connection: Connection, case: UUID, action: UUID, officer: int) -> None:
    """That the case came on paper, its file number, and what is done about its cause."""
    run = connection.execute
    run(
        "INSERT INTO paper_record (case_id, how, received_on, officer_id, at)"
        " VALUES (%s, 'letter', %s, %s, %s)",
        (case, NOW.date(), officer, NOW),
    )
    run("INSERT INTO filing_proof VALUES (%s, '\\x01', %s, 0, 1, current_date)", (case, NOW))
    run("INSERT INTO office_file VALUES (%s, 'DCC/1', 'dcc/1', %s, %s)", (case, officer, NOW))
    run(
        "INSERT INTO improvement_case (improvement_id, case_id, officer_id, at)"
        " VALUES (%s, %s, %s, %s)",
        (action, case, officer, NOW),
    )


def _letters(connection: Connection, case: UUID, home: int, number: int, officer: int) -> None:
    """A letter that was issued, and one of the citizen that arrived."""
    run, letter = connection.execute, uuid4()
    run(
        "INSERT INTO letter (id, institution_id, year, number, kind, case_id, addressee_sw,"
        " addressee_en, facts, digest, token_hash, officer_id, at)"
        " VALUES (%s, %s, 2025, %s, 'reminder', %s, 'x', 'x', '\\x00', '', %s, %s, %s)",
        (uuid4(), home, number, case, case.bytes, officer, NOW),
    )
    run(
        "INSERT INTO paper_letter (id, institution_id, reference, written_on, received_on, number,"
        " officer_id, at) VALUES (%s, %s, 'ABCD-1234', %s, %s, '', %s, %s)",
        (letter, home, NOW.date(), NOW.date(), officer, NOW),
    )
    run(
        "INSERT INTO paper_letter_case (letter_id, case_id, outcome, at)"
        " VALUES (%s, %s, 'used', %s)",
        (letter, case, NOW),
    )


def _together(
    connection: Connection, case: UUID, home: int, unit: int, message: UUID, told: int
) -> None:
    """A link, a joining and a second case of the case itself, and words of it that are covered."""
    run = connection.execute
    run(
        "INSERT INTO case_link (id, case_id, other_id, kind, by_officer_id, at)"
        " VALUES (%s, %s, %s, 'see', %s, %s)",
        (uuid4(), case, case, told, NOW),
    )
    run(
        "INSERT INTO case_merge (id, case_id, leading_id, institution_id, unit_id, by_officer_id,"
        " at) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (uuid4(), case, case, home, unit, told, NOW),
    )
    run(
        "INSERT INTO case_split (id, case_id, words, institution_id, unit_id, by_officer_id, at)"
        " VALUES (%s, %s, '\\x00', %s, %s, %s, %s)",
        (uuid4(), case, home, unit, told, NOW),
    )
    run(
        "INSERT INTO redaction (id, case_id, message_id, original, by_officer_id, at)"
        " VALUES (%s, %s, %s, '', %s, %s)",
        (uuid4(), case, message, told, NOW),
    )


def _officials(
    connection: Connection, case: UUID, message: UUID, post: int, officer: int, told: int
) -> None:
    """A decision about a reason, a delegation that runs no more, and what was recommended."""
    run = connection.execute
    run(
        "INSERT INTO reason_decision (id, case_id, cycle, message_id, escalation_id, post_id,"
        " officer_id, accepted, at) SELECT %s, %s, 1, %s, id, %s, %s, true, %s FROM escalation"
        " WHERE case_id = %s AND rung = 90",
        (uuid4(), case, message, post, officer, NOW, case),
    )
    run(
        "INSERT INTO delegation (post_id, case_id, officer_id, by_officer_id, at, until_day)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (post, case, told, officer, NOW, NOW.date()),
    )
    run(
        "INSERT INTO recommendation (id, case_id, delegation_id, post_id, officer_id, kind, sealed,"
        " due_on, at) SELECT %s, %s, id, %s, %s, 'order', '\\x00', %s, %s FROM delegation"
        " WHERE case_id = %s",
        (uuid4(), case, post, told, NOW.date(), NOW, case),
    )


def fill(
    connection: Connection,
    cases: list[tuple[UUID, int, int]],
    *,
    post: int,
    officer: int,
    told: int,
    concerned: int,
) -> None:
    """A row of every table for every case (id, institution, unit), and of every table apart."""
    run, action = connection.execute, uuid4()
    run(
        "INSERT INTO improvement (id, institution_id, title, cause, owner_id, due_on, state,"
        " officer_id, at) SELECT %s, institution_id, 'x', 'x', id, %s, 'open', id, %s FROM officer"
        " WHERE id = %s",
        (action, NOW.date(), NOW, told),
    )
    for number, (case, home, unit) in enumerate(cases, start=1):
        _paper(connection, case, action, told)
        _letters(connection, case, home, number, told)
        message, rung = uuid4(), uuid4()
        # A skipped rung opens nothing, though it names a post.
        escalate(connection, case, home, 90, post, post, "skipped", False)
        escalate(connection, case, home, 91, post, post, "skipped", True)
        run(
            "INSERT INTO message (id, case_id, cycle, kind, internal, sealed, at)"
            " VALUES (%s, %s, 1, 'directive', true, '\\x00', %s)",
            (message, case, NOW),
        )
        run(
            "INSERT INTO directive (id, case_id, escalation_id, message_id, post_id, officer_id,"
            " due_on, at) SELECT %s, %s, id, %s, %s, %s, %s, %s FROM escalation"
            " WHERE case_id = %s AND rung = 90",
            (rung, case, message, post, officer, NOW.date(), NOW, case),
        )
        _officials(connection, case, message, post, officer, told)
        run(
            "INSERT INTO assignment (id, case_id, institution_id, unit_id, at)"
            " VALUES (%s, %s, %s, %s, %s)",
            (uuid4(), case, home, unit, NOW),
        )
        run(
            "INSERT INTO pause (id, case_id, cycle, starts_at, runs_out_at)"
            " VALUES (%s, %s, 1, %s, %s)",
            (uuid4(), case, NOW, NOW),
        )
        run(
            "INSERT INTO alarm (dedupe, kind, institution_id, case_id, cycle, at)"
            " VALUES (%s, 'top', %s, %s, 1, %s)",
            (f"top:{case}", home, case, NOW),
        )
        run(
            "INSERT INTO notice (id, dedupe, officer_id, kind, case_id, at, read)"
            " VALUES (%s, %s, %s, 'assigned', %s, %s, false)",
            (uuid4(), f"told:{case}", told, case, NOW),
        )
        run(
            "INSERT INTO conflict (case_id, officer_id, reason, at) VALUES (%s, %s, 'marked', %s)"
            " ON CONFLICT DO NOTHING",
            (case, concerned, NOW),
        )
        _files(connection, case)
        _together(connection, case, home, unit, message, told)
        run(
            "INSERT INTO draft (id, officer_id, case_id, verb, kept, version, sealed, saved_at)"
            " VALUES (%s, %s, %s, 'answer', false, 1, '\\x00', %s)",
            (uuid4(), told, case, NOW),
        )
        run(
            "INSERT INTO lowering (id, case_id, officer_id, from_level, to_level, at)"
            " VALUES (%s, %s, %s, 'confidential', 'open', %s)",
            (uuid4(), case, told, NOW),
        )
        run(
            "INSERT INTO extract (id, case_id, by_officer_id, post_id, sealed, at)"
            " VALUES (%s, %s, %s, %s, '\\x00', %s)",
            (uuid4(), case, told, post, NOW),
        )
        run(
            "INSERT INTO inbound_message (id, provider_id, sender, words, number_hash, received_at,"
            " state, attempts, next_attempt_at, case_id)"
            " VALUES (%s, %s, '\\x00', '\\x00', '\\x00', %s, 'done', 1, %s, %s)",
            (uuid4(), f"sms:{case}", NOW, NOW, case),
        )
        run(
            "INSERT INTO identity_opening (id, case_id, officer_id, role, fields, reason, asked_at,"
            " opened_at, expires_at, looks) VALUES (%s, %s, %s, 'handler', '{name}', '\\x00', %s,"
            " %s, %s, 0)",
            (uuid4(), case, told, NOW, NOW, NOW),
        )
        sms = uuid4()
        run(
            "INSERT INTO outbox (id, dedupe, case_id, language, template, values, priority, state,"
            " attempts, unknown_attempts, next_attempt_at, created_at)"
            " VALUES (%s, %s, %s, 'sw', 'answer', '{}', 0, 'failed', 1, 0, %s, %s)",
            (sms, f"answer:{case}", case, NOW, NOW),
        )
        run(
            "INSERT INTO delivery_problem (id, case_id, outbox_id, template, outcome, again, at)"
            " VALUES (%s, %s, %s, 'answer', 'absent', true, %s)",
            (uuid4(), case, sms, NOW),
        )
        run(
            "INSERT INTO correction (id, case_id, about, to_code, officer_id, at)"
            " VALUES (%s, %s, 'category', 'ROADS', %s, %s)",
            (uuid4(), case, told, NOW),
        )
        run(
            "INSERT INTO outcome (id, case_id, cycle, kind, officer_id, at)"
            " VALUES (%s, %s, 1, 'solved', %s, %s)",
            (uuid4(), case, told, NOW),
        )
        run(
            "INSERT INTO extension (id, case_id, cycle, days, message_id, asked_by, asked_at)"
            " VALUES (%s, %s, 1, 3, %s, %s, %s)",
            (uuid4(), case, message, told, NOW),
        )
        run(
            "INSERT INTO opinion (id, case_id, by_officer_id, institution_id, unit_id, question_id,"
            " asked_at, due_at) SELECT %s, %s, %s, u.institution_id, u.id, %s, %s, %s FROM unit u"
            " JOIN institution i ON i.id = u.institution_id"
            " WHERE i.code = 'DODOMA-CC' AND u.code = 'WATER'",
            (uuid4(), case, told, message, NOW, NOW),
        )
        run(
            "INSERT INTO task (id, case_id, cycle, kind, unit_id, officer_id, due_on, sealed,"
            " by_officer_id, at, state) VALUES (%s, %s, 1, 'inspect', %s, %s, %s, '\\x00', %s, %s,"
            " 'open')",
            (uuid4(), case, unit, told, NOW.date(), told, NOW),
        )
        act = uuid4()
        run(
            "INSERT INTO bulk_move (id, institution_id, by_officer_id, at) VALUES (%s, %s, %s, %s)",
            (act, home, told, NOW),
        )
        run(
            "INSERT INTO bulk_move_item (move_id, case_id, outcome, from_unit_id)"
            " VALUES (%s, %s, 'moved', %s)",
            (act, case, unit),
        )
        run("INSERT INTO case_erasure (case_id, identity_at) VALUES (%s, %s)", (case, NOW))
        run(
            "INSERT INTO legal_hold (id, case_id, officer_id, ground, at)"
            " VALUES (%s, %s, %s, 'x', %s)",
            (uuid4(), case, officer, NOW),
        )
        run(
            "INSERT INTO case_forecast (case_id, stamp, institution_id, unit_id, level, ladder,"
            " rungs, moments, likely, computed_at, good_until)"
            " VALUES (%s, 0, %s, %s, 'open', 'council', '{}', '{}', false, %s, %s)",
            (case, home, unit, NOW, NOW),
        )
    run("INSERT INTO forecast_state VALUES (1, %s, %s, 0)", (NOW, NOW))
    run("INSERT INTO risk_cell VALUES ('{half}', 30, 3)")
    run("INSERT INTO warning_day VALUES (%s, %s)", (told, NOW.date()))
    run(
        "INSERT INTO forecast_cell SELECT id, 0, '*', %s, 'council', 1, 1 FROM institution"
        " WHERE code = 'DODOMA-CC'",
        (NOW.date(),),
    )
    run(
        "INSERT INTO leave (officer_id, first_day, last_day)"
        " VALUES (%s, '2020-01-01', '2020-01-02')",
        (told,),
    )
    run("INSERT INTO duty VALUES (%s, '{1,3}', '{3}', NULL)", (told,))
    run(
        "INSERT INTO roster (officer_id, unit_id, share, since_day)"
        " SELECT id, unit_id, 100, %s FROM officer WHERE id = %s",
        (NOW.date(), told),
    )
    run(
        "INSERT INTO bulk_move (id, institution_id, by_officer_id, at, undone_at, undone_by)"
        " SELECT %s, institution_id, id, %s, %s, id FROM officer WHERE id = %s",
        (uuid4(), NOW, NOW, told),
    )
    run("INSERT INTO receipt_request VALUES ('ABC', %s, false)", (NOW,))
    run("INSERT INTO phone (number_hash, seen_at) VALUES ('\\x00', %s)", (NOW,))
    run("INSERT INTO sms_day VALUES (%s, '\\x00', 1)", (NOW.date(),))
    run("INSERT INTO suggestion_model (made_at, cases, counts) VALUES (%s, 0, '{}')", (NOW,))
    run(
        "INSERT INTO ussd_session (session, number_hash, state, stage, version, updated_at)"
        " VALUES ('\\x00', '\\x00', '\\x00', 'draft', 1, %s)",
        (NOW,),
    )
    run("INSERT INTO audit_pattern VALUES ('openings', %s, %s, 5, NULL, %s)", (officer, NOW, NOW))
    run("INSERT INTO officer_standing VALUES (%s, 'x', %s)", (told, NOW))
    run("INSERT INTO text_version VALUES ('help', 1, NULL, 1, %s, %s, %s)", (officer, NOW, NOW))
    run(
        "INSERT INTO reference_change VALUES (%s, 'unit', 'X', 'change', '{}', '{}', %s, %s, %s,"
        " false, false, 'planned', NULL, NULL, '')",
        (uuid4(), NOW, officer, NOW),
    )
    run(
        "INSERT INTO answer_template (id, code, number, title_sw, title_en, body_sw, body_en,"
        " retired, officer_id, at) VALUES (%s, 'x', 1, '', '', '', '', false, %s, %s)",
        (uuid4(), officer, NOW),
    )
    run("INSERT INTO receipt_attempt VALUES ('ABC', 1, %s)", (NOW,))
    run(
        "INSERT INTO guard.delivery_report (provider_id, status, at) VALUES ('x', 'Success', %s)",
        (NOW,),
    )
    run(
        "INSERT INTO audit_link (position, entry_id, key_id, chain)"
        " SELECT 1, id, 'a1', '\\x00' FROM audit_entry LIMIT 1"
    )
    run(
        "INSERT INTO figure (institution_id, month, category_id, channel, kind, received, answered,"
        " open, overdue, decided, on_time, escalated, appealed, withdrawn, first_response, answer,"
        " computed_at) SELECT id, '2025-11-01', 0, 'web', 'complaint', 1, 0, 1, 0, 0, 0, 0, 0, 0,"
        " '{}', '{}', %s FROM institution WHERE code = %s",
        (NOW, "DODOMA-CC"),
    )
    run(
        "INSERT INTO figure_held (institution_id, month, cases, minutes, computed_at)"
        " SELECT id, '2025-11-01', 1, 480, %s FROM institution WHERE code = 'DODOMA-CC'",
        (NOW,),
    )
    run(
        "INSERT INTO sms_cost (institution_id, month, currency, messages, parts, unpriced, amount)"
        " SELECT id, '2025-11-01', 'TZS', 1, 1, 0, 22 FROM institution WHERE code = 'DODOMA-CC'"
    )
    run(
        "INSERT INTO job_run (name, period, known_at, counts, runs, failures)"
        " VALUES ('sweep', 15, %s, '{}', 0, 0)",
        (NOW,),
    )
    run(
        "INSERT INTO machine_clock (boot, believed_at, ticks, doubt) VALUES ('b', %s, 1, '')",
        (NOW,),
    )
    _accounts(connection)


def _accounts(connection: Connection) -> None:
    """What proves who each officer is, and something that an administrator asked for."""
    for statement in (
        "INSERT INTO totp (officer_id, secret, last_step) SELECT id, '\\x00', 0 FROM officer"
        " ON CONFLICT DO NOTHING",
        "INSERT INTO recovery_code (id, officer_id, code_hash)"
        " SELECT gen_random_uuid(), id, '\\x00' FROM officer",
        "INSERT INTO passkey (id, officer_id, credential_id, public_key, sign_count, name, made_at)"
        " SELECT gen_random_uuid(), id, id::text::bytea, '\\x00', 0, 'x', now() FROM officer",
        "INSERT INTO staff_session (id, officer_id, started_at, seen_at, proven_at, device)"
        " SELECT gen_random_uuid(), id, now(), now(), now(), '' FROM officer",
        "INSERT INTO access_code (officer_id, code_hash, made_at, expires_at)"
        " SELECT id, '\\x00', now(), now() + interval '7 days' FROM officer",
        "INSERT INTO login_attempt VALUES ('x', 1, now())",
        "INSERT INTO officer_phone (officer_id, number, number_hash, pin_hash, failures, code_at,"
        " code_failures, confirmed_at, list_empty, list_day) SELECT id, '\\x00', id::text::bytea,"
        " 'x', 0, now(), 0, now(), false, current_date FROM officer",
        "INSERT INTO officer_mail (officer_id, address, code_at, code_failures, confirmed_at,"
        " hours, next_at) SELECT id, '\\x00', now(), 0, now(), '{7}', now() FROM officer",
        "INSERT INTO notice_choice (officer_id, muted) SELECT id, '{accepted}' FROM officer",
        "WITH i AS (INSERT INTO inbound_message (id, provider_id, sender, words, number_hash,"
        " received_at, state, attempts, next_attempt_at) SELECT gen_random_uuid(),"
        " 'officer:' || id, '', '', '', now(), 'done', 1, now() FROM officer"
        " RETURNING id, provider_id) INSERT INTO officer_command (inbound_id, officer_id, verb, at)"
        " SELECT id, split_part(provider_id, ':', 2)::integer, 'list', now() FROM i",
        "INSERT INTO saved_view (id, officer_id, institution_id, name, scope, filters, shared,"
        " made_at) SELECT gen_random_uuid(), id, institution_id, 'x', 'mine', '{}',"
        " roles && '{coordinator,head}', now() FROM officer",
        "INSERT INTO grant_request (id, kind, officer_id, roles, asked_by, asked_at, expires_at,"
        " state, alone) SELECT gen_random_uuid(), 'roles', o.id, '{head}', a.id, now(),"
        " now() + interval '7 days', 'pending', false FROM officer o, officer a"
        " WHERE 'handler' = ANY (o.roles) AND 'admin' = ANY (a.roles) LIMIT 3",
        "INSERT INTO alarm (dedupe, kind, institution_id, cycle, at)"
        " SELECT 'granted_alone:' || g.id, 'granted_alone', o.institution_id, 0, now()"
        " FROM grant_request g JOIN officer o ON o.id = g.officer_id",
    ):
        connection.execute(statement)
