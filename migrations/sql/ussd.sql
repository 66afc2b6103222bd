-- USSD sessions. The web role reads and writes them through these functions alone, and only as the
-- principal `ussd`; each is found by a keyed hash of the gateway's session id and the number, which
-- nobody can make up without the key. The worker purges them and finds a case begun here by the
-- SMS that brings its words.
{secure:ussd_session}
GRANT SELECT, UPDATE, DELETE ON ussd_session TO mrejesho_worker;
CREATE POLICY job_all ON ussd_session TO mrejesho_worker USING ((SELECT guard.kind()) = 'job');

-- The session itself; of a new one, the newest that this number dropped since p_since, if any. And
-- the language that the number chose. One row, also when there is nothing.
CREATE FUNCTION guard.ussd_open(p_session bytea, p_number bytea, p_since timestamptz)
  RETURNS TABLE (session bytea, state bytea, version integer, language text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT s.session, s.state, s.version, p.language::text
    FROM (SELECT) one
    LEFT JOIN LATERAL (
      SELECT u.session, u.state, u.version FROM ussd_session u
       WHERE u.number_hash = p_number
         AND (u.session = p_session OR u.stage = 'draft' AND u.updated_at > p_since)
       ORDER BY u.session = p_session DESC, u.updated_at DESC LIMIT 1) s ON true
    LEFT JOIN phone p ON p.number_hash = p_number
   WHERE guard.kind() = 'ussd'
$$;

-- Keep the session as it stands after a step. False: the same callback was answered meanwhile, and
-- what it left is to be read again. p_alone: what earlier sessions left is forgotten, but for a
-- case that waits for its words.
CREATE FUNCTION guard.ussd_keep(p_session bytea, p_number bytea, p_state bytea, p_stage text,
                                p_link bytea, p_version integer, p_alone boolean,
                                p_now timestamptz) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  IF guard.kind() <> 'ussd' THEN
    RAISE EXCEPTION 'sessions are for those who dial' USING ERRCODE = '42501';
  END IF;
  IF p_version = 0 THEN
    INSERT INTO ussd_session (session, number_hash, state, stage, link, version, updated_at)
    VALUES (p_session, p_number, p_state, p_stage, p_link, 1, p_now) ON CONFLICT DO NOTHING;
  ELSE
    UPDATE ussd_session SET state = p_state, stage = p_stage, link = p_link,
           version = p_version + 1, updated_at = p_now
     WHERE session = p_session AND number_hash = p_number AND version = p_version;
  END IF;
  IF NOT FOUND THEN RETURN false; END IF;
  IF p_alone THEN
    DELETE FROM ussd_session
     WHERE number_hash = p_number AND session <> p_session AND stage IN ('draft', 'passing');
  END IF;
  RETURN true;
END
$$;

-- The gateway says that the session is over: of one with nothing to come back to, nothing stays.
CREATE FUNCTION guard.ussd_end(p_session bytea) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  DELETE FROM ussd_session
   WHERE session = p_session AND stage = 'passing' AND guard.kind() = 'ussd'
$$;

-- What a number may know of its cases without a code: reference, status, and when an answer is due.
CREATE FUNCTION guard.ussd_cases(p_number bytea)
  RETURNS TABLE (reference text, status text, due_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT c.reference::text, c.status::text, c.due_at
    FROM sealed_identity s JOIN "case" c ON c.id = s.case_id
   WHERE s.number_hash = p_number AND guard.kind() = 'ussd'
   ORDER BY c.received_at DESC, c.id LIMIT 20
$$;

CREATE FUNCTION guard.ussd_language(p_number bytea, p_language text, p_now timestamptz)
  RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  INSERT INTO phone (number_hash, language, seen_at)
  SELECT p_number, p_language, p_now WHERE guard.kind() = 'ussd'
  ON CONFLICT (number_hash) DO UPDATE
    SET language = excluded.language, seen_at = excluded.seen_at
$$;

REVOKE EXECUTE ON FUNCTION guard.ussd_open(bytea, bytea, timestamptz),
  guard.ussd_keep(bytea, bytea, bytea, text, bytea, integer, boolean, timestamptz),
  guard.ussd_end(bytea), guard.ussd_cases(bytea),
  guard.ussd_language(bytea, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.ussd_open(bytea, bytea, timestamptz),
  guard.ussd_keep(bytea, bytea, bytea, text, bytea, integer, boolean, timestamptz),
  guard.ussd_end(bytea), guard.ussd_cases(bytea),
  guard.ussd_language(bytea, text, timestamptz) TO mrejesho_web;

-- Who wrote without a name from a phone is reached through the relay alone: nobody opens the number.
CREATE FUNCTION guard.relay_alone() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  IF 'phone' = ANY (NEW.fields) AND (SELECT anonymous FROM "case" WHERE id = NEW.case_id) THEN
    PERFORM guard.refuse_opening();
  END IF;
  RETURN NEW;
END
$$;
REVOKE EXECUTE ON FUNCTION guard.relay_alone() FROM PUBLIC;
CREATE TRIGGER relay_alone BEFORE INSERT OR UPDATE OF fields, case_id ON identity_opening
  FOR EACH ROW EXECUTE FUNCTION guard.relay_alone();
