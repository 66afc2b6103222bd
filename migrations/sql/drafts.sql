-- An officer's drafts are the officer's own, and only while the case is seen. Whoever stopped seeing
-- it loses them at once by the policy, and within the hour from the table.
{secure:draft}
GRANT SELECT, INSERT, UPDATE ON draft TO mrejesho_web;
CREATE POLICY own ON draft TO mrejesho_web
  USING ((SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer())
         AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id))
  WITH CHECK ((SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer())
         AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
GRANT SELECT, DELETE ON draft TO mrejesho_worker;
CREATE POLICY job_all ON draft TO mrejesho_worker USING ((SELECT guard.kind()) = 'job');

-- The officer's own drafts of a case go: of one verb or (NULL) of all, all of them or those alone
-- that came when the session had ended. Also of a case that is seen no more.
CREATE FUNCTION guard.forget_drafts(p_case uuid, p_verb text, p_kept_alone boolean) RETURNS void
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  DELETE FROM draft
   WHERE officer_id = guard.officer() AND guard.kind() = 'officer' AND case_id = p_case
     AND (p_verb IS NULL OR verb = p_verb) AND (kept OR NOT p_kept_alone)
$$;

-- What was typed into a page whose session has ended, for the officer to whom that page was given.
-- It is added and nothing is read. The session is named by the page itself, under a signature: it
-- must have been that officer's, proven, and not have begun long ago. The page holds a hash of its
-- number, since whoever reads a page must not learn the number. Answers whether it is kept.
CREATE FUNCTION guard.keep_words(p_id uuid, p_officer integer, p_session text, p_reference text,
                                 p_verb text, p_sealed bytea, p_now timestamptz) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_case uuid;
BEGIN
  IF guard.kind() <> 'login' OR NOT EXISTS (
      SELECT FROM staff_session s WHERE s.officer_id = p_officer
         AND encode(sha256(convert_to(s.id::text, 'UTF8')), 'hex') = p_session
         AND s.proven_at IS NOT NULL AND s.started_at > p_now - interval '3 days') THEN
    RETURN false;
  END IF;
  PERFORM guard.become('officer', p_officer, NULL);
  SELECT c.id INTO v_case FROM "case" c WHERE c.reference = p_reference AND {officer_sees:c};
  PERFORM guard.become('login', NULL, NULL);
  IF v_case IS NULL THEN
    RETURN false;
  END IF;
  INSERT INTO draft (id, officer_id, case_id, verb, kept, version, sealed, saved_at)
    VALUES (p_id, p_officer, v_case, p_verb, true, 1, p_sealed, p_now)
    ON CONFLICT (officer_id, case_id, verb, kept)
    DO UPDATE SET id = excluded.id, sealed = excluded.sealed, saved_at = excluded.saved_at,
                  version = draft.version + 1;
  RETURN true;
END
$$;

-- Drafts of officers who see their case no more, whatever took it from them. The worker becomes
-- each of them in turn, as the web would, and itself again at the end.
CREATE FUNCTION guard.forget_unseen_drafts() RETURNS integer
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_officer integer;
  v_count integer;
  v_sum integer := 0;
BEGIN
  IF NOT guard.is_job() THEN
    RETURN 0;
  END IF;
  FOR v_officer IN SELECT DISTINCT officer_id FROM draft LOOP
    PERFORM guard.become('officer', v_officer, NULL);
    DELETE FROM draft d WHERE d.officer_id = v_officer
       AND NOT EXISTS (SELECT FROM "case" c WHERE c.id = d.case_id AND {officer_sees:c});
    GET DIAGNOSTICS v_count = ROW_COUNT;
    v_sum := v_sum + v_count;
  END LOOP;
  PERFORM guard.become('job', NULL, NULL);
  RETURN v_sum;
END
$$;

REVOKE EXECUTE ON FUNCTION guard.forget_drafts(uuid, text, boolean),
  guard.keep_words(uuid, integer, text, text, text, bytea, timestamptz),
  guard.forget_unseen_drafts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.forget_drafts(uuid, text, boolean),
  guard.keep_words(uuid, integer, text, text, text, bytea, timestamptz) TO mrejesho_web;
GRANT EXECUTE ON FUNCTION guard.forget_unseen_drafts() TO mrejesho_worker;
