-- Templates of answers hold no word of a case. Every officer reads the national ones and those of
-- the own institution; administrators keep the former, an institution's coordinator and head the
-- latter, each in the own name. Nobody changes or deletes: a version comes after a version.
{secure:answer_template}
GRANT SELECT, INSERT ON answer_template TO mrejesho_web;
CREATE POLICY officers_read ON answer_template FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer'
  AND (institution_id IS NULL OR institution_id = (SELECT guard.institution())
       OR institution_id = ANY ((SELECT guard.ids('heads'))::integer[])));
CREATE POLICY keepers_add ON answer_template FOR INSERT TO mrejesho_web WITH CHECK (
  officer_id = (SELECT guard.officer())
  AND CASE WHEN institution_id IS NULL THEN (SELECT guard.has('admin'))
      ELSE institution_id = ANY ((SELECT guard.ids('heads'))::integer[])
        OR institution_id = ANY ((SELECT guard.ids('coordinates'))::integer[]) END);

-- Tasks hold words, so the policies of message decide who reads them, as they do for files. The
-- citizen reads none. A task gives nobody the right to see a case: whoever it names sees it by the
-- case's own rules or not at all.
{secure:task}
GRANT SELECT, INSERT, UPDATE (state, result, settled_by, settled_at) ON task TO mrejesho_web;
GRANT SELECT, UPDATE ON task TO mrejesho_worker;
CREATE POLICY task_read ON task FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND EXISTS (
    SELECT FROM message w WHERE w.case_id = task.case_id AND w.kind = 'citizen'));
CREATE POLICY task_add ON task FOR INSERT TO mrejesho_web WITH CHECK (
  (SELECT guard.kind()) = 'officer' AND by_officer_id = (SELECT guard.officer())
  AND state = 'open' AND EXISTS (
    SELECT FROM message w WHERE w.case_id = task.case_id AND w.kind = 'citizen'));
-- Settled once, in the own name; what it said stays.
CREATE POLICY task_settle ON task FOR UPDATE TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND state = 'open' AND EXISTS (
    SELECT FROM message w WHERE w.case_id = task.case_id AND w.kind = 'citizen'))
  WITH CHECK (state <> 'open' AND settled_by = (SELECT guard.officer()));
CREATE POLICY job_all ON task TO mrejesho_worker USING ((SELECT guard.kind()) = 'job');
-- What ethics officers gave each other to do stays theirs after the case went back.
CREATE POLICY kept_by_ethics ON task AS RESTRICTIVE FOR SELECT TO mrejesho_web
  USING (NOT guard.kept_by_ethics(case_id, at, by_officer_id));
