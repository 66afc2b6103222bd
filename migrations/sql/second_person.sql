-- What an administrator could still do alone. Read by 0015, which also changes a piece of
-- guard.decide and guard.reached.

-- Whether an administrator may give power alone: only in an installation where nobody else ever was
-- who could have approved. Whoever could close the account of the second person, take the role or
-- the post away, or get into that account by a new password, would else be two persons at once.
-- An administrator comes by another one or by the operator's command, never by one alone.
CREATE FUNCTION guard.alone(p_request uuid) RETURNS boolean
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  r record;
BEGIN
  SELECT g.kind, g.roles, g.officer_id, g.asked_by, o.roles AS present, i.path INTO r
    FROM grant_request g JOIN officer o ON o.id = g.officer_id
    LEFT JOIN post p ON p.id = g.post_id
    JOIN institution i ON i.id = coalesce(p.institution_id, o.institution_id)
   WHERE g.id = p_request;
  IF NOT FOUND OR guard.officer() IS DISTINCT FROM r.asked_by OR r.officer_id = r.asked_by
     OR NOT guard.has('admin') OR guard.approvers(p_request) <> '{}' THEN
    RETURN false;
  END IF;
  RETURN NOT (
    'admin' = ANY (r.roles) OR r.kind NOT IN ('roles', 'post') AND 'admin' = ANY (r.present)
    -- Another administrator: now, by an earlier grant, or one whose role the asker took away.
    OR EXISTS (SELECT FROM officer o WHERE 'admin' = ANY (o.roles) AND o.id <> r.asked_by)
    OR EXISTS (SELECT FROM grant_request g WHERE g.state = 'approved' AND 'admin' = ANY (g.roles)
                  AND g.officer_id <> r.asked_by)
    OR EXISTS (SELECT FROM audit_entry a WHERE a.actor_id = r.asked_by AND a.act = 'roles_set'
                  AND 'admin' = ANY (string_to_array(a.details ->> 'taken', ',')))
    -- Another head, of the institution or above it, whoever that was.
    OR EXISTS (SELECT FROM post_holding h JOIN post p ON p.id = h.post_id
                WHERE p.kind = 'institution_head' AND p.institution_id = ANY (r.path)
                  AND h.officer_id NOT IN (r.asked_by, r.officer_id))
    -- Another ethics officer, where it is about ethics.
    OR 'ethics' = ANY (r.roles || r.present) AND (
      EXISTS (SELECT FROM officer o WHERE 'ethics' = ANY (o.roles) AND o.id <> r.officer_id)
      OR EXISTS (SELECT FROM grant_request g WHERE g.state = 'approved' AND 'ethics' = ANY (g.roles)
                    AND g.officer_id <> r.officer_id)));
END
$$;

-- An alarm that somebody gave power alone is settled by neither who gave it nor who got it.
CREATE FUNCTION guard.may_settle(p_kind text, p_dedupe text) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT p_kind <> 'granted_alone' OR NOT EXISTS (
    SELECT FROM grant_request g WHERE p_dedupe = 'granted_alone:' || g.id
       AND guard.officer() IN (g.asked_by, g.decided_by, g.officer_id))
$$;
CREATE POLICY another_settles ON alarm AS RESTRICTIVE FOR UPDATE TO mrejesho_web
  USING (guard.may_settle(kind, dedupe));
REVOKE UPDATE ON alarm FROM mrejesho_web;
GRANT UPDATE (settled_at) ON alarm TO mrejesho_web;

-- The worker compares whoever comes to a post with the cases of which an extract was handed to it.
GRANT SELECT (case_id, post_id) ON extract TO mrejesho_worker;
CREATE POLICY job_reads ON extract FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- By the name an officer is found in a citizen's words: no page changes it, nor does the web role.
REVOKE UPDATE (name) ON officer FROM mrejesho_web;

-- What a breach report names of a case that was looked at, for the auditor or the worker.
CREATE FUNCTION guard.cases_touched(p_cases uuid[])
  RETURNS TABLE (case_id uuid, reference text, confidentiality text, institution_id integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT c.id, c.reference::text, c.confidentiality::text, c.institution_id FROM "case" c
   WHERE c.id = ANY (p_cases) AND (guard.is_job() OR guard.has('auditor') AND guard.audits(c.id))
$$;

REVOKE EXECUTE ON FUNCTION guard.alone(uuid), guard.may_settle(text, text),
  guard.cases_touched(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.may_settle(text, text), guard.cases_touched(uuid[])
  TO mrejesho_web, mrejesho_worker;
