-- Who may put files in, read them, and work on them.

-- Whoever may read the citizen's words may see the citizen's files, and nobody else: the policies
-- of message decide, so that the two can never differ.
ALTER TABLE attachment ENABLE ROW LEVEL SECURITY;
ALTER TABLE attachment FORCE ROW LEVEL SECURITY;
GRANT SELECT ON attachment TO mrejesho_web;
GRANT SELECT, UPDATE ON attachment TO mrejesho_worker;
CREATE POLICY owner_all ON attachment TO mrejesho_owner USING (true) WITH CHECK (true);
CREATE POLICY attachment_read ON attachment FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) IN ('public', 'officer') AND EXISTS (
    SELECT FROM message w WHERE w.case_id = attachment.case_id AND w.kind = 'citizen'));
CREATE POLICY job_all ON attachment TO mrejesho_worker USING ((SELECT guard.kind()) = 'job');

ALTER TABLE attachment_content ENABLE ROW LEVEL SECURITY;
ALTER TABLE attachment_content FORCE ROW LEVEL SECURITY;
GRANT SELECT ON attachment_content TO mrejesho_web;
GRANT SELECT, INSERT ON attachment_content TO mrejesho_worker;
CREATE POLICY owner_all ON attachment_content TO mrejesho_owner USING (true) WITH CHECK (true);
CREATE POLICY attachment_content_read ON attachment_content FOR SELECT TO mrejesho_web
  USING (EXISTS (SELECT FROM attachment a WHERE a.id = attachment_id));
CREATE POLICY job_all ON attachment_content TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job') WITH CHECK ((SELECT guard.kind()) = 'job');

-- The key of a case's files, itself sealed under a key outside the database.
ALTER TABLE case_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_key FORCE ROW LEVEL SECURITY;
GRANT SELECT ON case_key TO mrejesho_web;
GRANT SELECT, INSERT ON case_key TO mrejesho_worker;
CREATE POLICY owner_all ON case_key TO mrejesho_owner USING (true) WITH CHECK (true);
CREATE POLICY case_key_read ON case_key FOR SELECT TO mrejesho_web
  USING (EXISTS (SELECT FROM attachment a WHERE a.case_id = case_key.case_id));
CREATE POLICY job_all ON case_key TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job') WITH CHECK ((SELECT guard.kind()) = 'job');

-- Files on the way in. The web role puts the parts in and never reads them back; whoever knows the
-- random id of the form sees what arrived, until the case has it.
ALTER TABLE upload ENABLE ROW LEVEL SECURITY;
ALTER TABLE upload FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (received) ON upload TO mrejesho_web;
GRANT SELECT, DELETE ON upload TO mrejesho_worker;
CREATE POLICY owner_all ON upload TO mrejesho_owner USING (true) WITH CHECK (true);
CREATE POLICY upload_stage ON upload TO mrejesho_web
  USING ((SELECT guard.kind()) = 'uploading' AND draft_id = (SELECT guard.case_id())
         AND attachment_id IS NULL)
  WITH CHECK ((SELECT guard.kind()) = 'uploading' AND draft_id = (SELECT guard.case_id())
         AND attachment_id IS NULL);
CREATE POLICY job_all ON upload TO mrejesho_worker USING ((SELECT guard.kind()) = 'job');

ALTER TABLE upload_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE upload_part FORCE ROW LEVEL SECURITY;
GRANT INSERT ON upload_part TO mrejesho_web;
GRANT SELECT ON upload_part TO mrejesho_worker;
CREATE POLICY owner_all ON upload_part TO mrejesho_owner USING (true) WITH CHECK (true);
CREATE POLICY upload_part_stage ON upload_part FOR INSERT TO mrejesho_web
  WITH CHECK (EXISTS (SELECT FROM upload u WHERE u.id = upload_id));
CREATE POLICY upload_part_job ON upload_part FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- Give what arrived whole under a form's id to the case of the present principal, at most five a
-- time and twenty in all; a file that the case has already is not taken twice. Answers how many
-- were taken. The parts stay sealed where they are until the worker has cleaned them.
CREATE FUNCTION guard.take_uploads(p_draft uuid, p_now timestamptz) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_case uuid := guard.case_id();
  v_last integer;
  v_taken integer;
BEGIN
  IF guard.kind() NOT IN ('lodging', 'public') OR v_case IS NULL THEN
    RAISE EXCEPTION 'files cannot be taken by this principal' USING ERRCODE = '42501';
  END IF;
  -- Two messages at once take turns on the numbers.
  PERFORM FROM "case" WHERE id = v_case FOR NO KEY UPDATE;
  SELECT coalesce(max(number), 0) INTO v_last FROM attachment WHERE case_id = v_case;
  DELETE FROM upload u WHERE u.draft_id = p_draft AND u.attachment_id IS NULL
    AND u.digest IN (SELECT a.digest FROM attachment a WHERE a.case_id = v_case);
  WITH chosen AS (
    SELECT id, family, format, size, digest, row_number() OVER (ORDER BY at, id) AS n
      FROM upload WHERE draft_id = p_draft AND attachment_id IS NULL AND received = size
     ORDER BY at, id LIMIT least(5, greatest(20 - v_last, 0))
  ), made AS (
    INSERT INTO attachment (id, case_id, number, family, format, size, digest, state, attempts,
                            next_attempt_at)
    SELECT id, v_case, v_last + n, family, format, size, digest, 'waiting', 0, p_now FROM chosen
    RETURNING id
  )
  SELECT count(*) INTO v_taken FROM made;
  UPDATE upload u SET attachment_id = a.id, at = p_now FROM attachment a
   WHERE a.id = u.id AND a.case_id = v_case AND u.draft_id = p_draft AND u.attachment_id IS NULL;
  RETURN v_taken;
END
$$;

-- A citizen takes one file of the form out again; or all of a form that was sent already.
CREATE FUNCTION guard.drop_upload(p_id uuid) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  DELETE FROM upload WHERE id = p_id AND attachment_id IS NULL
     AND guard.kind() = 'uploading' AND draft_id = guard.case_id()
$$;
CREATE FUNCTION guard.drop_draft(p_draft uuid) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  DELETE FROM upload WHERE draft_id = p_draft AND attachment_id IS NULL
     AND guard.kind() = 'lodging'
$$;

-- How much room the files take that belong to no case yet, in bytes: strangers fill no disk.
CREATE FUNCTION guard.staged_bytes() RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT coalesce(sum(size), 0) FROM upload
   WHERE attachment_id IS NULL AND guard.kind() = 'uploading'
$$;

REVOKE EXECUTE ON FUNCTION guard.take_uploads(uuid, timestamptz), guard.drop_upload(uuid),
  guard.drop_draft(uuid), guard.staged_bytes() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.take_uploads(uuid, timestamptz), guard.drop_upload(uuid),
  guard.drop_draft(uuid), guard.staged_bytes() TO mrejesho_web;
