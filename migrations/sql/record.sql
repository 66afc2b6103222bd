-- The record's reading side for auditors, what retention does, and what is held about a citizen.
-- Grants and policies of the tables that come with it.

-- An auditor is shown nothing of a restricted report about the auditor's own institution, and
-- nothing of a case from which the auditor is kept away.
CREATE FUNCTION guard.audits(p_case uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT guard.has('auditor') AND (p_case IS NULL OR (
    p_case <> ALL (guard.conflicts())
    AND NOT EXISTS (SELECT FROM "case" c WHERE c.id = p_case
                       AND c.confidentiality = 'restricted'
                       AND c.institution_id = guard.institution())))
$$;

-- Verifying the chain needs the hash of every entry, of those too that this auditor may not read.
CREATE FUNCTION guard.hidden_macs() RETURNS TABLE (entry_id uuid, mac bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT a.id, a.mac FROM audit_entry a
   WHERE guard.has('auditor') AND a.case_id IS NOT NULL AND NOT guard.audits(a.case_id)
$$;

-- A reference opens no case; it is how an auditor names one.
CREATE FUNCTION guard.audited_case(p_reference text) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT c.id FROM "case" c
   WHERE c.reference = p_reference AND guard.has('auditor') AND guard.audits(c.id)
$$;
CREATE FUNCTION guard.references_of(p_cases uuid[])
  RETURNS TABLE (case_id uuid, reference text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT c.id, c.reference::text FROM "case" c
   WHERE c.id = ANY (p_cases) AND guard.has('auditor') AND guard.audits(c.id)
$$;

-- What is kept about the citizen whose receipt code was proven, beside what the case's own tables
-- show: who looked, by role and day; which values are sealed, not what they are; which SMS went.
CREATE FUNCTION guard.held_about_me() RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT CASE WHEN guard.kind() = 'public' THEN jsonb_build_object(
    'sealed', coalesce((SELECT jsonb_agg(s.field ORDER BY s.field)
                          FROM sealed_identity s WHERE s.case_id = guard.case_id()), '[]'),
    'sms', coalesce((SELECT jsonb_agg(jsonb_build_object('at', o.created_at, 'template', o.template,
                                                         'state', o.state)
                                      ORDER BY o.created_at, o.id)
                       FROM outbox o WHERE o.case_id = guard.case_id()), '[]'),
    'looks', coalesce((SELECT jsonb_agg(to_jsonb(l) ORDER BY l.day, l.roles::text, l.identity,
                                        l.words)
      FROM (SELECT (a.at AT TIME ZONE 'Africa/Dar_es_Salaam')::date AS day,
                   to_jsonb(o.roles) AS roles,
                   a.act = 'identity_looked' AS identity,
                   a.act <> 'identity_looked' AND coalesce(a.details ->> 'words', '1') = '1'
                     AS words, count(*) AS looks
              FROM audit_entry a JOIN officer o ON o.id = a.actor_id
             WHERE a.case_id = guard.case_id()
               AND a.act IN ('looked', 'looked_to_decide', 'looked_at_extract', 'file_read',
                             'identity_looked')
             GROUP BY 1, 2, 3, 4) l), '[]')) END
$$;

DROP POLICY audit_entry_read ON audit_entry;
CREATE POLICY audit_entry_read ON audit_entry FOR SELECT TO mrejesho_web
  USING ((SELECT guard.has('auditor')) AND guard.audits(case_id));

-- How long what is kept. Everybody may know; the owner alone sets it, by a command.
ALTER TABLE retention_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention_rule FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON retention_rule TO mrejesho_owner USING (true) WITH CHECK (true);
GRANT SELECT ON retention_rule TO mrejesho_web, mrejesho_worker;
CREATE POLICY everyone_reads ON retention_rule FOR SELECT TO mrejesho_web, mrejesho_worker
  USING (true);

-- What retention removed from a case, so that it is done once.
ALTER TABLE case_erasure ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_erasure FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON case_erasure TO mrejesho_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON case_erasure TO mrejesho_worker;
CREATE POLICY job_all ON case_erasure TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job') WITH CHECK ((SELECT guard.kind()) = 'job');

-- A case kept for a court or an inquiry: an auditor says so, who gains nothing by a deletion.
ALTER TABLE legal_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE legal_hold FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON legal_hold TO mrejesho_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE (ended_at) ON legal_hold TO mrejesho_web;
GRANT SELECT ON legal_hold TO mrejesho_worker;
CREATE POLICY legal_hold_read ON legal_hold FOR SELECT TO mrejesho_web
  USING ((SELECT guard.has('auditor')) AND guard.audits(case_id));
CREATE POLICY legal_hold_set ON legal_hold FOR INSERT TO mrejesho_web
  WITH CHECK (officer_id = (SELECT guard.officer()) AND guard.audits(case_id));
CREATE POLICY legal_hold_end ON legal_hold FOR UPDATE TO mrejesho_web
  USING ((SELECT guard.has('auditor')) AND guard.audits(case_id));
CREATE POLICY legal_hold_job_read ON legal_hold FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- Odd patterns of looks, computed by a job: officers and numbers, no case and no citizen.
ALTER TABLE audit_pattern ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_pattern FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON audit_pattern TO mrejesho_owner USING (true) WITH CHECK (true);
GRANT SELECT ON audit_pattern TO mrejesho_web;
GRANT SELECT, INSERT, DELETE ON audit_pattern TO mrejesho_worker;
CREATE POLICY audit_pattern_read ON audit_pattern FOR SELECT TO mrejesho_web
  USING ((SELECT guard.has('auditor')));
CREATE POLICY job_all ON audit_pattern TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job') WITH CHECK ((SELECT guard.kind()) = 'job');

-- Retention takes sealed values away.
GRANT DELETE ON sealed_identity TO mrejesho_worker;

-- The files of cases and the extracts made of them hold words too. The worker may delete none of
-- these rows by itself: it takes away whole cases of them, here.
CREATE FUNCTION guard.erase_papers(p_cases uuid[]) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  IF NOT guard.is_job() THEN
    RAISE EXCEPTION 'only the worker takes words away' USING ERRCODE = '42501';
  END IF;
  DELETE FROM upload u USING attachment a
   WHERE u.attachment_id = a.id AND a.case_id = ANY (p_cases);
  DELETE FROM attachment_content WHERE case_id = ANY (p_cases);
  DELETE FROM attachment WHERE case_id = ANY (p_cases);
  DELETE FROM case_key WHERE case_id = ANY (p_cases);
  DELETE FROM extract WHERE case_id = ANY (p_cases);
  UPDATE identity_opening SET reason = '' WHERE case_id = ANY (p_cases);
END
$$;

REVOKE EXECUTE ON FUNCTION guard.audits(uuid), guard.hidden_macs(), guard.audited_case(text),
  guard.references_of(uuid[]), guard.held_about_me() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.audits(uuid), guard.hidden_macs(), guard.audited_case(text),
  guard.references_of(uuid[]), guard.held_about_me() TO mrejesho_web, mrejesho_worker;
REVOKE EXECUTE ON FUNCTION guard.erase_papers(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.erase_papers(uuid[]) TO mrejesho_worker;
