-- Grants and row-level security. Default deny: a table without a grant and a policy is closed.
-- The shorthand "officer_sees" stands for "the present officer may see the case" (0001, in Python).

-- Reference data: everybody reads, administrators and the reference import write.
GRANT SELECT ON calendar, holiday, calendar_correction, institution, unit, service_standard,
  category, ladder_rung, place, reference_state, officer, post, post_holding, leave TO mrejesho_web, mrejesho_worker;

{reference_write:holiday}
{reference_write:calendar_correction}
-- The worker moves the deadlines and notes how many.
GRANT UPDATE (deadlines_moved) ON calendar_correction TO mrejesho_worker;
CREATE POLICY job_settles ON calendar_correction FOR UPDATE TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');
{reference_write:officer}
{reference_write:post}
{reference_write:post_holding}
{reference_write:leave}

-- Credentials: the login purpose reads and re-hashes; an officer sees and ends the own session.
{secure:credential}
GRANT SELECT, INSERT, UPDATE ON credential TO mrejesho_web;
CREATE POLICY credential_web ON credential TO mrejesho_web
  USING ((SELECT guard.kind()) = 'login' OR officer_id = (SELECT guard.officer())
         OR (SELECT guard.has('admin')))
  WITH CHECK ((SELECT guard.kind()) = 'login' OR officer_id = (SELECT guard.officer())
         OR (SELECT guard.has('admin')));

-- Cases.
{secure:"case"}
GRANT SELECT, INSERT, UPDATE ON "case" TO mrejesho_web, mrejesho_worker;
CREATE POLICY case_web_read ON "case" FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) IN ('public', 'lodging') AND id = (SELECT guard.case_id())
  OR (SELECT guard.kind()) = 'officer' AND {officer_sees:"case"});
CREATE POLICY case_web_update ON "case" FOR UPDATE TO mrejesho_web USING (
  (SELECT guard.kind()) IN ('public', 'lodging') AND id = (SELECT guard.case_id())
  OR (SELECT guard.kind()) = 'officer' AND {officer_sees:"case"});
CREATE POLICY case_web_lodge ON "case" FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.kind()) = 'lodging' AND id = (SELECT guard.case_id()));
{job:"case"}

{secure:submission}
GRANT INSERT ON submission TO mrejesho_web;
GRANT SELECT, INSERT ON submission TO mrejesho_worker;
CREATE POLICY submission_lodge ON submission FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.kind()) = 'lodging' AND case_id = (SELECT guard.case_id()));
{job:submission}

-- Words. Stricter than the case: a coordinator assigns what may not be read.
{secure:message}
GRANT SELECT, INSERT, UPDATE (body, sealed) ON message TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE ON message TO mrejesho_worker;
CREATE POLICY message_web_read ON message FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) IN ('public', 'lodging') AND case_id = (SELECT guard.case_id())
    AND NOT internal
  OR (SELECT guard.kind()) = 'officer' AND EXISTS (
    SELECT FROM "case" c WHERE c.id = message.case_id AND (
      c.confidentiality <> 'confidential'
      OR c.handler_id = (SELECT guard.officer())
      OR c.institution_id = ANY ((SELECT guard.ids('heads'))::integer[])
      OR guard.reached(c.id, false))));
CREATE POLICY message_web_write ON message FOR INSERT TO mrejesho_web WITH CHECK (
  (SELECT guard.kind()) IN ('public', 'lodging') AND case_id = (SELECT guard.case_id())
    AND officer_id IS NULL AND kind IN ('citizen', 'final_letter')
  OR (SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer())
    AND kind NOT IN ('citizen', 'final_letter')
    AND EXISTS (SELECT FROM "case" c WHERE c.id = message.case_id));
-- Raising the level seals the words that were written before; nothing else changes them.
CREATE POLICY message_web_seal ON message FOR UPDATE TO mrejesho_web USING (
  body IS NOT NULL
  AND ((SELECT guard.kind()) = 'public' AND case_id = (SELECT guard.case_id())
    OR (SELECT guard.kind()) = 'officer'
      AND EXISTS (SELECT FROM "case" c WHERE c.id = message.case_id)))
  WITH CHECK (body IS NULL);
{job:message}

-- What hangs on a case and holds no words.
{child:assignment:SELECT, INSERT, UPDATE}
{child:deadline:SELECT, INSERT, UPDATE}
{child:pause:SELECT, INSERT, UPDATE}
{child:timer:SELECT, INSERT, UPDATE}
{child:escalation:SELECT, UPDATE}
{child:directive:SELECT, INSERT, UPDATE}
-- What an official decided stands under no other name.
CREATE POLICY own_name ON assignment AS RESTRICTIVE FOR INSERT TO mrejesho_web
  WITH CHECK (by_officer_id IS NOT DISTINCT FROM (SELECT guard.officer()));
CREATE POLICY own_name ON directive AS RESTRICTIVE FOR INSERT TO mrejesho_web
  WITH CHECK (officer_id = (SELECT guard.officer())
              AND (post_id = ANY ((SELECT guard.ids('posts'))::integer[])
                   OR EXISTS (SELECT FROM escalation e WHERE e.id = escalation_id
                                 AND e.way = 'deputy' AND e.post_id = directive.post_id
                                 AND e.officer_id = (SELECT guard.officer()))));

-- Who is in conflict: the citizen's words make the mark, the person concerned never sees it.
{secure:conflict}
GRANT INSERT ON conflict TO mrejesho_web;
GRANT SELECT, INSERT ON conflict TO mrejesho_worker;
CREATE POLICY conflict_web_mark ON conflict FOR INSERT TO mrejesho_web WITH CHECK (
  (SELECT guard.kind()) = 'lodging' AND case_id = (SELECT guard.case_id())
  OR (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
{job:conflict}

-- The vault: web only puts in; opening one is a matter of its own.
{secure:sealed_identity}
GRANT INSERT ON sealed_identity TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE ON sealed_identity TO mrejesho_worker;
CREATE POLICY sealed_identity_seal ON sealed_identity FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.kind()) = 'lodging' AND case_id = (SELECT guard.case_id()));
{job:sealed_identity}

-- Channels.
{secure:inbound_message}
GRANT INSERT ON inbound_message TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE ON inbound_message TO mrejesho_worker;
CREATE POLICY inbound_message_hook ON inbound_message FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.kind()) = 'hook');
{job:inbound_message}

{secure:outbox}
GRANT INSERT ON outbox TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE ON outbox TO mrejesho_worker;
CREATE POLICY outbox_owe ON outbox FOR INSERT TO mrejesho_web WITH CHECK (
  (SELECT guard.kind()) IN ('public', 'lodging') AND case_id = (SELECT guard.case_id())
  OR (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
{job:outbox}

{secure:receipt_attempt}
GRANT SELECT, INSERT, UPDATE ON receipt_attempt TO mrejesho_web;
GRANT SELECT, DELETE ON receipt_attempt TO mrejesho_worker;
CREATE POLICY receipt_attempt_check ON receipt_attempt TO mrejesho_web
  USING ((SELECT guard.kind()) = 'receipt-check')
  WITH CHECK ((SELECT guard.kind()) = 'receipt-check');
{job:receipt_attempt}

-- Notices: anyone's act may cause one, only the officer addressed reads it, and not once excluded.
{secure:notice}
GRANT SELECT, INSERT, UPDATE ON notice TO mrejesho_web, mrejesho_worker;
CREATE POLICY notice_web_read ON notice FOR SELECT TO mrejesho_web
  USING (officer_id = (SELECT guard.officer())
         AND coalesce(case_id <> ALL ((SELECT guard.conflicts())::uuid[]), true));
CREATE POLICY notice_web_settle ON notice FOR UPDATE TO mrejesho_web
  USING (officer_id = (SELECT guard.officer()));
CREATE POLICY notice_web_make ON notice FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.kind()) IN ('officer', 'public', 'lodging'));
{job:notice}

{secure:alarm}
GRANT SELECT, UPDATE ON alarm TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE ON alarm TO mrejesho_worker;
-- An alarm tells that a case exists: of a case that an officer may not see (a restricted one about
-- the officer's own institution, one from which the officer is excluded) it is not shown.
CREATE POLICY alarm_web ON alarm TO mrejesho_web USING (
  (SELECT guard.has('admin')) AND coalesce(case_id <> ALL ((SELECT guard.conflicts())::uuid[]), true)
  OR (institution_id = ANY ((SELECT guard.ids('heads'))::integer[])
      OR institution_id = ANY ((SELECT guard.ids('coordinates'))::integer[]))
    AND (case_id IS NULL OR EXISTS (SELECT FROM "case" c WHERE c.id = case_id)));
{job:alarm}

-- The record: everyone adds, under no other name, auditors read, nobody changes.
{secure:audit_entry}
GRANT SELECT, INSERT ON audit_entry TO mrejesho_web, mrejesho_worker;
CREATE POLICY audit_entry_add ON audit_entry FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.kind()) <> 'nobody' AND actor_kind = (SELECT guard.kind())
              AND actor_id IS NOT DISTINCT FROM (SELECT guard.officer()));
CREATE POLICY audit_entry_read ON audit_entry FOR SELECT TO mrejesho_web
  USING ((SELECT guard.has('auditor')));
CREATE POLICY audit_entry_job_read ON audit_entry FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');
CREATE POLICY audit_entry_job_add ON audit_entry FOR INSERT TO mrejesho_worker
  WITH CHECK ((SELECT guard.kind()) = 'job');

{secure:audit_tail}
GRANT SELECT ON audit_tail TO mrejesho_web;
GRANT SELECT, DELETE ON audit_tail TO mrejesho_worker;
CREATE POLICY audit_tail_read ON audit_tail FOR SELECT TO mrejesho_web
  USING ((SELECT guard.has('auditor')));
{job:audit_tail}
CREATE FUNCTION guard.await_chain() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$ BEGIN INSERT INTO audit_tail SELECT id FROM added; RETURN NULL; END $$;
REVOKE EXECUTE ON FUNCTION guard.await_chain() FROM PUBLIC;
CREATE TRIGGER await_chain AFTER INSERT ON audit_entry REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION guard.await_chain();

{secure:audit_link}
GRANT SELECT ON audit_link TO mrejesho_web;
GRANT SELECT, INSERT ON audit_link TO mrejesho_worker;
CREATE POLICY audit_link_read ON audit_link FOR SELECT TO mrejesho_web
  USING ((SELECT guard.has('auditor')));
CREATE POLICY audit_link_job_read ON audit_link FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');
CREATE POLICY audit_link_job_add ON audit_link FOR INSERT TO mrejesho_worker
  WITH CHECK ((SELECT guard.kind()) = 'job');

-- Figures: sums over cases that the reader may not see; small groups are suppressed in services.
{secure:figure}
GRANT SELECT ON figure TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON figure TO mrejesho_worker;
CREATE POLICY figure_read ON figure FOR SELECT TO mrejesho_web
  USING ((SELECT guard.kind()) IN ('officer', 'figures'));
{job:figure}

{secure:figure_dirty}
GRANT INSERT ON figure_dirty TO mrejesho_web;
GRANT SELECT, INSERT, DELETE ON figure_dirty TO mrejesho_worker;
CREATE POLICY figure_dirty_mark ON figure_dirty FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.kind()) IN ('officer', 'public', 'lodging'));
{job:figure_dirty}
