-- What an officer enters for a citizen. The clerk keeps no sight of the case: whoever sees the case
-- sees how it came; the clerk's own list is a function that tells a reference and a day.
{secure:paper_record}
GRANT SELECT, INSERT ON paper_record TO mrejesho_web;
GRANT SELECT ON paper_record TO mrejesho_worker;
CREATE POLICY paper_record_read ON paper_record FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
CREATE POLICY paper_record_enter ON paper_record FOR INSERT TO mrejesho_web WITH CHECK (
  (SELECT guard.kind()) = 'lodging' AND case_id = (SELECT guard.case_id())
  AND officer_id IS NOT DISTINCT FROM (SELECT guard.officer()));
CREATE POLICY job_reads ON paper_record FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- The office's own file number: written with the entry, or later by who works on the case.
{secure:office_file}
GRANT SELECT, INSERT, UPDATE (number, folded, officer_id, at) ON office_file TO mrejesho_web;
CREATE POLICY office_file_read ON office_file FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
CREATE POLICY office_file_write ON office_file FOR INSERT TO mrejesho_web WITH CHECK (
  officer_id IS NOT DISTINCT FROM (SELECT guard.officer())
  AND ((SELECT guard.kind()) = 'lodging' AND case_id = (SELECT guard.case_id())
    OR (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id)));
CREATE POLICY office_file_change ON office_file FOR UPDATE TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id))
  WITH CHECK (officer_id = (SELECT guard.officer()));

-- What the present officer entered, the latest first: ordinary cases alone, and none from which the
-- officer is kept away.
CREATE FUNCTION guard.own_entries(p_number text, p_at timestamptz, p_case uuid, p_limit integer)
  RETURNS TABLE (case_id uuid, reference text, how text, received_on date, number text,
                 at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT p.case_id, c.reference::text, p.how::text, p.received_on, f.number::text, p.at
    FROM paper_record p JOIN "case" c ON c.id = p.case_id
    LEFT JOIN office_file f ON f.case_id = p.case_id
   WHERE guard.kind() = 'officer' AND p.officer_id = guard.officer()
     AND c.confidentiality = 'open' AND c.id <> ALL (guard.conflicts())
     AND (p_number IS NULL OR f.folded = p_number)
     AND (p_at IS NULL OR (p.at, p.case_id) < (p_at, p_case))
   ORDER BY p.at DESC, p.case_id DESC LIMIT p_limit
$$;

-- Improvement actions are the institution's own; those above it read a list without causes.
CREATE FUNCTION guard.leads() RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT guard.has('coordinator') OR guard.has('head') $$;

{secure:improvement}
GRANT SELECT, INSERT, UPDATE ON improvement TO mrejesho_web;
GRANT SELECT, UPDATE ON improvement TO mrejesho_worker;
CREATE POLICY improvement_read ON improvement FOR SELECT TO mrejesho_web USING (
  institution_id = (SELECT guard.institution()) AND (SELECT guard.serves()));
CREATE POLICY improvement_make ON improvement FOR INSERT TO mrejesho_web WITH CHECK (
  institution_id = (SELECT guard.institution()) AND (SELECT guard.serves())
  AND officer_id = (SELECT guard.officer())
  AND (state = 'proposed' OR (SELECT guard.leads())));
CREATE POLICY improvement_change ON improvement FOR UPDATE TO mrejesho_web USING (
  institution_id = (SELECT guard.institution()) AND (SELECT guard.serves())
  AND ((SELECT guard.leads()) OR owner_id = (SELECT guard.officer())));
CREATE POLICY job_all ON improvement TO mrejesho_worker USING ((SELECT guard.kind()) = 'job');

{secure:improvement_case}
GRANT SELECT, INSERT, UPDATE (officer_id, at, unlinked_at) ON improvement_case TO mrejesho_web;
GRANT SELECT, UPDATE ON improvement_case TO mrejesho_worker;
CREATE POLICY improvement_case_read ON improvement_case FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
CREATE POLICY improvement_case_link ON improvement_case FOR INSERT TO mrejesho_web WITH CHECK (
  officer_id = (SELECT guard.officer())
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id AND c.confidentiality <> 'restricted'
                 AND c.institution_id = (SELECT guard.institution()))
  AND EXISTS (SELECT FROM improvement i WHERE i.id = improvement_id
                 AND i.state IN ('proposed', 'open')));
CREATE POLICY improvement_case_change ON improvement_case FOR UPDATE TO mrejesho_web USING (
  told_at IS NULL
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id)
  AND EXISTS (SELECT FROM improvement i WHERE i.id = improvement_id
                 AND i.state IN ('proposed', 'open')))
  WITH CHECK (officer_id = (SELECT guard.officer()));
CREATE POLICY job_all ON improvement_case TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- Actions of an institution that stands below the asker's own (or is it), by due date: what
-- oversight is told, which is neither the cause nor the cases.
CREATE FUNCTION guard.improvements_below(p_institution integer, p_due date, p_id uuid,
                                         p_limit integer)
  RETURNS TABLE (id uuid, title text, due_on date, state text, ended_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  WITH RECURSIVE above AS (
    SELECT i.id, i.parent_id FROM institution i WHERE i.id = p_institution
    UNION
    SELECT i.id, i.parent_id FROM institution i JOIN above a ON i.id = a.parent_id)
  SELECT i.id, i.title::text, i.due_on, i.state::text, i.ended_at FROM improvement i
   WHERE i.institution_id = p_institution AND i.state <> 'proposed'
     AND guard.kind() = 'officer' AND (guard.has('oversight') OR guard.has('head'))
     AND guard.institution() IN (SELECT a.id FROM above a)
     AND (p_due IS NULL OR (i.due_on, i.id) < (p_due, p_id))
   ORDER BY i.due_on DESC, i.id DESC LIMIT p_limit
$$;

-- What was done about the citizen's own case.
CREATE FUNCTION guard.improvements_told() RETURNS TABLE (note text, ended_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT i.note::text, i.ended_at FROM improvement_case l JOIN improvement i ON i.id = l.improvement_id
   WHERE guard.kind() = 'public' AND l.case_id = guard.case_id() AND l.unlinked_at IS NULL
     AND i.state = 'done'
   ORDER BY i.ended_at, i.id
$$;

REVOKE EXECUTE ON FUNCTION guard.own_entries(text, timestamptz, uuid, integer), guard.leads(),
  guard.improvements_below(integer, date, uuid, integer), guard.improvements_told() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.own_entries(text, timestamptz, uuid, integer), guard.leads(),
  guard.improvements_below(integer, date, uuid, integer), guard.improvements_told()
  TO mrejesho_web;
GRANT EXECUTE ON FUNCTION guard.leads() TO mrejesho_worker;
