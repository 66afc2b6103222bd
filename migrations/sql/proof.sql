-- The proof of a filing: by what its code is found, the PIN by which the citizen lets it be seen,
-- and how often it was. No officer reads or writes any of it.

-- A code that was shown is found; the keys that make it are not here. Principal: the citizen, of
-- the own case.
CREATE FUNCTION guard.keep_proof_mark(p_mark bytea) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  UPDATE submission SET proof_mark = p_mark
   WHERE case_id = guard.case_id() AND guard.kind() = 'public'
     AND proof_mark IS DISTINCT FROM p_mark
$$;
-- What the citizen's own proof derives from, by what it is found, and how it may be seen.
CREATE FUNCTION guard.own_proof()
  RETURNS TABLE (submission_id uuid, proof_mark bytea, pin_nonce bytea, pin_until timestamptz,
                 pin_failures integer, shown integer, shown_on date)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT s.id, s.proof_mark, p.pin_nonce, p.pin_until, coalesce(p.pin_failures, 0),
         coalesce(p.shown, 0), p.shown_on
    FROM submission s LEFT JOIN filing_proof p ON p.case_id = s.case_id
   WHERE s.case_id = guard.case_id() AND guard.kind() = 'public'
$$;
GRANT UPDATE (proof_mark) ON submission TO mrejesho_worker;

{secure:filing_proof}
GRANT SELECT, INSERT, UPDATE (pin_nonce, pin_until, pin_failures) ON filing_proof TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE ON filing_proof TO mrejesho_worker;
CREATE POLICY filing_proof_own ON filing_proof TO mrejesho_web
  USING ((SELECT guard.kind()) = 'public' AND case_id = (SELECT guard.case_id()))
  WITH CHECK ((SELECT guard.kind()) = 'public' AND case_id = (SELECT guard.case_id()));
{job:filing_proof}

-- The case behind a proof code, with what its secrets are compared with and the facts that may be
-- told: no word, no name, no subject, no unit, no officer. Two of many millions may share a code;
-- the secret tells them apart.
CREATE FUNCTION guard.proofs(p_mark bytea)
  RETURNS TABLE (case_id uuid, submission_id uuid, receipt_nonce bytea, issued_nonce bytea,
                 pin_nonce bytea, pin_until timestamptz, pin_failures integer, reference text,
                 kind text, confidentiality text, institution_id integer,
                 status text, channel text, unknown boolean, received_at timestamptz,
                 acknowledged_at timestamptz, acknowledge_due timestamptz, answered_at timestamptz,
                 due_at timestamptz, calendar_id integer, office_id integer, appeals integer, rung integer,
                 ladder text, final_letter boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT c.id, s.id, s.receipt_nonce, s.issued_nonce, p.pin_nonce, p.pin_until,
         coalesce(p.pin_failures, 0), c.reference::text, c.kind::text, c.confidentiality::text,
         c.institution_id, c.status::text, c.channel::text,
         c.anonymous AND NOT c.reachable, c.received_at, c.first_response_at, a.due_at,
         c.answered_at, c.due_at, r.calendar_id, r.office_id, c.appeals, coalesce(e.rung, 0),
         coalesce(e.ladder, '')::text,
         EXISTS (SELECT FROM message m WHERE m.case_id = c.id AND m.kind = 'final_letter')
    FROM submission s
    JOIN "case" c ON c.id = s.case_id
    JOIN deadline r ON r.case_id = c.id AND r.clock = 'answer' AND r.cycle = c.cycle
    LEFT JOIN deadline a ON a.case_id = c.id AND a.clock = 'acknowledge' AND a.cycle = 1
    LEFT JOIN filing_proof p ON p.case_id = c.id
    LEFT JOIN LATERAL (SELECT x.rung, x.ladder FROM escalation x
                        WHERE x.case_id = c.id AND x.way <> 'skipped'
                          -- That it was once on the other ladder is nobody's business.
                          AND x.restricted = (c.confidentiality = 'restricted')
                        ORDER BY x.rung DESC LIMIT 1) e ON true
   WHERE s.proof_mark = p_mark AND (guard.kind() = 'receipt-check' OR guard.is_job())
$$;

-- A wrong PIN of a proof; none at all where there is no such case, at the same cost.
CREATE FUNCTION guard.proof_missed(p_cases uuid[]) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  UPDATE filing_proof SET pin_failures = pin_failures + 1
   WHERE case_id = ANY (p_cases) AND (guard.kind() = 'receipt-check' OR guard.is_job())
$$;
-- It was shown to somebody, on that day.
CREATE FUNCTION guard.proof_shown(p_case uuid, p_day date) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  INSERT INTO filing_proof (case_id, pin_failures, shown, shown_on)
  SELECT p_case, 0, 1, p_day WHERE guard.kind() = 'receipt-check' OR guard.is_job()
  ON CONFLICT (case_id) DO UPDATE
    SET shown = filing_proof.shown + 1, shown_on = p_day
$$;
REVOKE EXECUTE ON FUNCTION guard.keep_proof_mark(bytea), guard.own_proof(), guard.proofs(bytea),
  guard.proof_missed(uuid[]), guard.proof_shown(uuid, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.keep_proof_mark(bytea), guard.own_proof() TO mrejesho_web;
GRANT EXECUTE ON FUNCTION guard.proofs(bytea), guard.proof_missed(uuid[]),
  guard.proof_shown(uuid, date) TO mrejesho_web, mrejesho_worker;

-- Wrong tries by SMS count like those of the web.
GRANT INSERT, UPDATE ON receipt_attempt TO mrejesho_worker;

-- A citizen's word with the rating.
ALTER POLICY message_web_write ON message WITH CHECK (
  (SELECT guard.kind()) IN ('public', 'lodging') AND case_id = (SELECT guard.case_id())
    AND officer_id IS NULL AND kind IN ('citizen', 'remark', 'final_letter')
  OR (SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer())
    AND kind NOT IN ('citizen', 'remark', 'final_letter')
    AND EXISTS (SELECT FROM "case" c WHERE c.id = message.case_id));
