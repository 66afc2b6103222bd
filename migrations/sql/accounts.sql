-- Who may make an officer more powerful, and what proves who an officer is.
--
-- An administrator keeps people and gains no case by it: roles are added, posts given, accounts
-- opened again and ways of login reset only through guard.decide, which asks for a second officer
-- of the line concerned. The web role has no other way to write any of it.

-- Accounts are made without a role and lose roles on screen; they gain none.
ALTER POLICY admin_adds ON officer
  WITH CHECK ((SELECT guard.has('admin')) AND roles = '{}');
REVOKE UPDATE ON officer FROM mrejesho_web;
GRANT UPDATE (name, language, active, roles) ON officer TO mrejesho_web;
CREATE FUNCTION guard.only_less() RETURNS trigger LANGUAGE plpgsql
  SET search_path = public, pg_temp
AS $$
BEGIN
  IF NOT pg_has_role(current_user, 'mrejesho_owner', 'USAGE')
     AND (NOT NEW.roles <@ OLD.roles OR NEW.active AND NOT OLD.active) THEN
    RAISE EXCEPTION 'an officer gains only by a decision of a second one' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER only_less BEFORE UPDATE ON officer
  FOR EACH ROW EXECUTE FUNCTION guard.only_less();

-- A post is left on screen; it is given by a decision.
DROP POLICY admin_adds ON post_holding;
REVOKE INSERT, UPDATE ON post_holding FROM mrejesho_web;
-- What a seat gives follows from its post, so that nobody changes one by the way.
DROP POLICY admin_adds ON post;
DROP POLICY admin_changes ON post;
REVOKE INSERT, UPDATE ON post FROM mrejesho_web;
GRANT UPDATE (until_day) ON post_holding TO mrejesho_web;
CREATE FUNCTION guard.only_ends() RETURNS trigger LANGUAGE plpgsql
  SET search_path = public, pg_temp
AS $$
BEGIN
  IF NOT pg_has_role(current_user, 'mrejesho_owner', 'USAGE')
     AND (NEW.until_day IS NULL OR NEW.until_day > coalesce(OLD.until_day, NEW.until_day)
          OR NEW.until_day >= (now() AT TIME ZONE 'Africa/Dar_es_Salaam')::date) THEN
    RAISE EXCEPTION 'a post is given by a decision of a second officer' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER only_ends BEFORE UPDATE ON post_holding
  FOR EACH ROW EXECUTE FUNCTION guard.only_ends();

-- A password is the officer's own affair: administrators neither read nor set one.
DROP POLICY credential_web ON credential;
CREATE POLICY own ON credential TO mrejesho_web
  USING ((SELECT guard.kind()) = 'login' OR officer_id = (SELECT guard.officer()))
  WITH CHECK ((SELECT guard.kind()) = 'login' OR officer_id = (SELECT guard.officer()));

-- What else proves who somebody is, and where somebody is logged in: the same two principals.
{own:totp:SELECT, INSERT, UPDATE}
{own:recovery_code:SELECT, INSERT, UPDATE (used_at)}
{own:passkey:SELECT, INSERT, UPDATE (sign_count, used_at, removed_at)}
{own:staff_session:SELECT, INSERT, UPDATE (seen_at, proven_at, ended_at, challenge)}
-- Sessions long over are forgotten by the worker.
GRANT SELECT, DELETE ON staff_session TO mrejesho_worker;
CREATE POLICY job_forgets ON staff_session TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- One-time codes are made by a decision and used at the login.
{secure:access_code}
GRANT SELECT, UPDATE (used_at) ON access_code TO mrejesho_web;
CREATE POLICY redeem ON access_code TO mrejesho_web
  USING ((SELECT guard.kind()) = 'login');

{secure:login_attempt}
GRANT SELECT, INSERT, UPDATE ON login_attempt TO mrejesho_web;
CREATE POLICY at_login ON login_attempt TO mrejesho_web
  USING ((SELECT guard.kind()) = 'login') WITH CHECK ((SELECT guard.kind()) = 'login');
GRANT SELECT, DELETE ON login_attempt TO mrejesho_worker;
CREATE POLICY job_forgets ON login_attempt TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- What an administrator asks for. Nobody changes a row but guard.decide.
{secure:grant_request}
GRANT SELECT, INSERT ON grant_request TO mrejesho_web;
CREATE POLICY admin_reads ON grant_request FOR SELECT TO mrejesho_web
  USING ((SELECT guard.has('admin')));
CREATE POLICY admin_asks ON grant_request FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.has('admin')) AND asked_by = (SELECT guard.officer())
              AND state = 'pending' AND decided_by IS NULL);

-- Who may decide about a request: never the one who asked, never the one it is about.
--   an ethics role or post            another ethics officer
--   a role or post of an institution  its head or acting deputy, else the nearest head above
--   anything else, or nobody there    another administrator
-- Empty: the installation has nobody who could.
CREATE FUNCTION guard.approvers(p_request uuid) RETURNS integer[]
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  r record;
  v_day date := (now() AT TIME ZONE 'Africa/Dar_es_Salaam')::date;
  v_roles text[];
  v_posts text[];
  v_place integer;
  v_ids integer[] := '{}';
BEGIN
  SELECT g.kind, g.roles, g.officer_id, g.asked_by, o.roles AS present, i.path, p.kind AS post INTO r
    FROM grant_request g JOIN officer o ON o.id = g.officer_id
    LEFT JOIN post p ON p.id = g.post_id
    JOIN institution i ON i.id = coalesce(p.institution_id, o.institution_id)
   WHERE g.id = p_request;
  IF NOT FOUND THEN RETURN '{}'; END IF;
  v_roles := r.roles;
  v_posts := array_remove(ARRAY[r.post], NULL);
  IF r.kind NOT IN ('roles', 'post') THEN
    -- A new way in opens everything that stands behind the account.
    v_roles := r.present;
    SELECT coalesce(array_agg(p.kind), '{}') INTO v_posts
      FROM post_holding h JOIN post p ON p.id = h.post_id
     WHERE h.officer_id = r.officer_id AND (h.until_day IS NULL OR h.until_day >= v_day);
  END IF;
  IF 'ethics' = ANY (v_roles) OR EXISTS (SELECT FROM unnest(v_posts) k WHERE starts_with(k, 'ethics')) THEN
    SELECT coalesce(array_agg(id), '{}') INTO v_ids FROM officer
     WHERE active AND 'ethics' = ANY (roles) AND id NOT IN (r.officer_id, r.asked_by);
  ELSIF v_roles && ARRAY['handler', 'coordinator', 'head', 'oversight'] OR v_posts <> '{}' THEN
    FOR v_place IN SELECT place FROM unnest(r.path) WITH ORDINALITY AS t (place, depth)
                    ORDER BY depth DESC LOOP
      SELECT coalesce(array_agg(DISTINCT o.id), '{}') INTO v_ids
        FROM post p JOIN post_holding h ON h.post_id = p.id
        JOIN officer o ON o.id = h.officer_id AND o.active
       WHERE p.institution_id = v_place AND p.kind = 'institution_head'
         AND o.id NOT IN (r.officer_id, r.asked_by)
         AND EXISTS (SELECT FROM guard.posts_of(o.id, v_day) held WHERE held.post_id = p.id);
      EXIT WHEN v_ids <> '{}';
    END LOOP;
  END IF;
  IF v_ids = '{}' THEN
    SELECT coalesce(array_agg(id), '{}') INTO v_ids FROM officer
     WHERE active AND 'admin' = ANY (roles) AND id NOT IN (r.officer_id, r.asked_by);
  END IF;
  RETURN v_ids;
END
$$;

-- Requests that wait for the present officer.
CREATE FUNCTION guard.to_decide(p_now timestamptz) RETURNS SETOF grant_request
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT g.* FROM grant_request g
   WHERE g.state = 'pending' AND g.expires_at > p_now
     AND guard.kind() = 'officer' AND guard.officer() = ANY (guard.approvers(g.id))
   ORDER BY g.asked_at LIMIT 200
$$;

-- Decide about a request, and do what was asked. Answers 'refused', 'done', 'gone' (no longer
-- open), or 'code': the officer gets in with the one-time code whose hash was given.
-- Where an installation has nobody to decide, the administrator who asked for somebody else
-- decides alone, and an alarm stands until somebody saw to it.
CREATE FUNCTION guard.decide(p_request uuid, p_approve boolean, p_code bytea, p_now timestamptz)
  RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  r grant_request;
  v_day date := (p_now AT TIME ZONE 'Africa/Dar_es_Salaam')::date;
  v_ids integer[];
  v_alone boolean;
BEGIN
  SELECT * INTO r FROM grant_request WHERE id = p_request FOR UPDATE;
  v_ids := guard.approvers(p_request);
  v_alone := v_ids = '{}' AND guard.officer() = r.asked_by AND r.officer_id <> r.asked_by
    -- Where there was ever another ethics officer, nobody makes one alone by closing that account.
    AND NOT ('ethics' = ANY (r.roles) AND (
      EXISTS (SELECT FROM officer o WHERE 'ethics' = ANY (o.roles) AND o.id <> r.officer_id)
      OR EXISTS (SELECT FROM grant_request g WHERE g.state = 'approved' AND 'ethics' = ANY (g.roles)
                    AND g.officer_id <> r.officer_id)));
  IF guard.kind() <> 'officer'
     OR NOT coalesce(guard.officer() = ANY (v_ids) OR v_alone AND guard.has('admin'), false) THEN
    RAISE EXCEPTION 'this officer does not decide here' USING ERRCODE = '42501';
  END IF;
  IF r.state <> 'pending' OR r.expires_at <= p_now THEN RETURN 'gone'; END IF;
  UPDATE grant_request
     SET state = CASE WHEN p_approve THEN 'approved' ELSE 'refused' END,
         decided_by = guard.officer(), decided_at = p_now, alone = v_alone
   WHERE id = p_request;
  IF NOT p_approve THEN RETURN 'refused'; END IF;
  IF r.kind = 'roles' THEN
    UPDATE officer SET roles = (SELECT array_agg(DISTINCT x ORDER BY x)
                                  FROM unnest(roles || r.roles) x) WHERE id = r.officer_id;
  ELSIF r.kind = 'post' THEN
    UPDATE post_holding SET until_day = v_day - 1
     WHERE post_id = r.post_id AND capacity = r.capacity AND until_day IS NULL;
    INSERT INTO post_holding (post_id, officer_id, capacity, since_day)
      VALUES (r.post_id, r.officer_id, r.capacity, v_day);
  ELSE
    UPDATE staff_session SET ended_at = p_now WHERE officer_id = r.officer_id AND ended_at IS NULL;
    IF r.kind = 'activate' THEN
      UPDATE officer SET active = true WHERE id = r.officer_id;
    ELSE
      DELETE FROM credential WHERE officer_id = r.officer_id;
    END IF;
    IF r.kind = 'factors' THEN
      DELETE FROM totp WHERE officer_id = r.officer_id;
      DELETE FROM recovery_code WHERE officer_id = r.officer_id;
      DELETE FROM passkey WHERE officer_id = r.officer_id;
    END IF;
  END IF;
  IF v_alone THEN
    INSERT INTO alarm (dedupe, kind, institution_id, cycle, at)
      SELECT 'granted_alone:' || p_request, 'granted_alone', institution_id, 0, p_now
        FROM officer WHERE id = r.officer_id;
  END IF;
  -- A first role comes with an invitation; one that is under way stays good.
  IF r.kind NOT IN ('password', 'factors') AND (r.kind <> 'roles'
     OR EXISTS (SELECT FROM credential WHERE officer_id = r.officer_id)
     OR EXISTS (SELECT FROM access_code WHERE officer_id = r.officer_id AND used_at IS NULL
                   AND expires_at > p_now)) THEN
    RETURN 'done';
  END IF;
  INSERT INTO access_code (officer_id, code_hash, made_at, expires_at)
    VALUES (r.officer_id, p_code, p_now, p_now + interval '7 days')
    ON CONFLICT (officer_id) DO UPDATE SET code_hash = excluded.code_hash,
      made_at = excluded.made_at, expires_at = excluded.expires_at, used_at = NULL;
  RETURN 'code';
END
$$;

REVOKE EXECUTE ON FUNCTION guard.only_less(), guard.only_ends(), guard.approvers(uuid),
  guard.to_decide(timestamptz), guard.decide(uuid, boolean, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.approvers(uuid), guard.to_decide(timestamptz),
  guard.decide(uuid, boolean, bytea, timestamptz) TO mrejesho_web;
