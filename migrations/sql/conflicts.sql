-- Exclusions until somebody decides, levels that come down by the citizen's word, and extracts.

-- Whom the officer's words may be shown to for deciding an exclusion: an ethics officer of another
-- institution, whom the case itself does not concern.
CREATE FUNCTION guard.may_decide(p_case uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT guard.kind() = 'officer' AND guard.has('ethics')
     AND p_case <> ALL (guard.conflicts())
     AND EXISTS (SELECT FROM "case" c WHERE c.id = p_case
                    AND c.institution_id <> guard.institution())
     AND EXISTS (SELECT FROM conflict x WHERE x.case_id = p_case AND x.state = 'provisional')
$$;

-- Keep officers away from a case, in one step for all of them; answers those who were not kept away
-- before. A lifted exclusion comes back by a person's act (marked, recused), never by the same
-- words again.
CREATE FUNCTION guard.exclude(p_case uuid, p_officers integer[], p_reason text, p_at timestamptz)
  RETURNS SETOF integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  IF NOT (guard.is_job() OR EXISTS (SELECT FROM "case" c WHERE c.id = p_case AND (
      guard.kind() = 'public' AND c.id = guard.case_id()
      OR guard.kind() = 'officer' AND {officer_sees:c}))) THEN
    RAISE EXCEPTION 'this principal excludes nobody here' USING ERRCODE = '42501';
  END IF;
  RETURN QUERY
    INSERT INTO conflict (case_id, officer_id, reason, state, at)
    SELECT p_case, o.id, p_reason,
           CASE WHEN p_reason IN ('marked', 'recused') THEN 'confirmed' ELSE 'provisional' END, p_at
      FROM officer o WHERE o.id = ANY (p_officers)
    ON CONFLICT (case_id, officer_id) DO UPDATE
       SET state = 'confirmed', reason = excluded.reason, at = excluded.at,
           decided_by = NULL, decided_at = NULL
     WHERE conflict.state = 'lifted' AND excluded.reason IN ('marked', 'recused')
    RETURNING officer_id;
END
$$;

-- What a citizen said, sealed as it stands: to compare names when a case gets another place, and
-- to decide an exclusion. Persons are the citizen's list of those whom it concerns.
CREATE FUNCTION guard.may_compare(p_case uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT guard.is_job() OR guard.may_decide(p_case)
      OR guard.kind() = 'public' AND p_case = guard.case_id()
      OR guard.kind() = 'officer'
         AND EXISTS (SELECT FROM "case" c WHERE c.id = p_case AND {officer_sees:c})
$$;
CREATE FUNCTION guard.words_said(p_case uuid) RETURNS SETOF message
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT m.* FROM message m
   WHERE m.case_id = p_case AND m.kind = 'citizen' AND guard.may_compare(p_case)
   ORDER BY m.at, m.id
$$;
CREATE FUNCTION guard.persons_named(p_case uuid) RETURNS SETOF sealed_identity
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT s.* FROM sealed_identity s
   WHERE s.case_id = p_case AND s.field = 'persons' AND guard.may_compare(p_case)
$$;

-- Exclusions that wait for a decision, the oldest first, after a moment and a case.
CREATE FUNCTION guard.exclusions(p_at timestamptz, p_case uuid, p_limit integer)
  RETURNS TABLE (case_id uuid, reference text, institution_id integer, confidentiality text,
                 officers bigint, since timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT c.id, c.reference::text, c.institution_id, c.confidentiality::text, count(*), min(x.at)
    FROM conflict x JOIN "case" c ON c.id = x.case_id
   WHERE x.state = 'provisional' AND guard.kind() = 'officer' AND guard.has('ethics')
     AND c.institution_id <> guard.institution() AND c.id <> ALL (guard.conflicts())
   GROUP BY c.id
  HAVING p_at IS NULL OR (min(x.at), c.id) > (p_at, p_case)
   ORDER BY min(x.at), c.id LIMIT p_limit
$$;
-- The exclusions of one case, while one of them waits for a decision.
CREATE FUNCTION guard.exclusions_of(p_case uuid) RETURNS SETOF conflict
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT x.* FROM conflict x WHERE x.case_id = p_case AND guard.may_decide(p_case)
   ORDER BY x.at, x.officer_id
$$;
-- The institution that the case stands at, for whoever decides its exclusions.
CREATE FUNCTION guard.institution_of(p_case uuid) RETURNS integer
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT c.institution_id FROM "case" c WHERE c.id = p_case AND guard.may_decide(p_case) $$;
-- Confirm or lift. False: somebody decided it already, or may not.
CREATE FUNCTION guard.decide_exclusion(p_case uuid, p_officer integer, p_state text,
                                       p_at timestamptz) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  IF p_state NOT IN ('confirmed', 'lifted') OR NOT guard.may_decide(p_case) THEN
    RETURN false;
  END IF;
  UPDATE conflict SET state = p_state, decided_by = guard.officer(), decided_at = p_at
   WHERE case_id = p_case AND officer_id = p_officer AND state = 'provisional';
  RETURN FOUND;
END
$$;

-- Where an officer stands, in one text: it changes with name, institution, unit and posts, and
-- then the open cases are compared with this officer anew (worker).
CREATE FUNCTION guard.standing_of(p_officer integer) RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT encode(sha256(convert_to(o.name || '|' || o.institution_id || '|' || o.unit_id || '|'
           || array_to_string(o.roles, ',') || '|' || coalesce((
             SELECT string_agg(h.post_id || h.capacity, ',' ORDER BY h.post_id, h.capacity)
               FROM post_holding h WHERE h.officer_id = o.id AND h.until_day IS NULL), ''),
         'UTF8')), 'hex')
    FROM officer o WHERE o.id = p_officer
$$;
{secure:officer_standing}
GRANT SELECT, INSERT, UPDATE ON officer_standing TO mrejesho_worker;
{job:officer_standing}

-- Processes keep in memory who works where, and read it anew when this number has changed. What
-- each intake writes to an officer (the time of the last case given) changes nothing of it.
GRANT SELECT ON people_state TO mrejesho_web, mrejesho_worker;
INSERT INTO people_state (id, version) VALUES (1, 1);
CREATE FUNCTION guard.people_changed() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$ BEGIN UPDATE people_state SET version = version + 1; RETURN NULL; END $$;
CREATE TRIGGER people_changed
  AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF name, institution_id, unit_id, roles, active
  ON officer FOR EACH STATEMENT EXECUTE FUNCTION guard.people_changed();
CREATE TRIGGER people_changed AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE
  ON post_holding FOR EACH STATEMENT EXECUTE FUNCTION guard.people_changed();
CREATE TRIGGER people_changed AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE
  ON post FOR EACH STATEMENT EXECUTE FUNCTION guard.people_changed();

-- A level goes down by the citizen's word to somebody who asked for it, or where triage's caution
-- alone had set it; whatever code asks for it, the database refuses the rest.
CREATE FUNCTION guard.level_stands() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_levels text[] := ARRAY['open', 'confidential', 'restricted'];
  v_role name := coalesce(nullif(current_setting('role'), 'none'), session_user::text)::name;
BEGIN
  IF array_position(v_levels, NEW.confidentiality::text)
     >= array_position(v_levels, OLD.confidentiality::text)
     OR pg_has_role(v_role, 'mrejesho_owner', 'MEMBER') THEN
    RETURN NEW;
  END IF;
  IF OLD.cautious AND OLD.confidentiality = 'confidential' THEN
    NEW.cautious := false;
    RETURN NEW;
  END IF;
  IF guard.kind() = 'public' AND guard.case_id() = NEW.id AND EXISTS (
      SELECT FROM lowering l WHERE l.case_id = NEW.id AND l.granted
         AND l.from_level = OLD.confidentiality AND l.to_level = NEW.confidentiality) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a level is lowered by the citizen alone' USING ERRCODE = '42501';
END
$$;
CREATE TRIGGER level_stands BEFORE UPDATE OF confidentiality ON "case"
  FOR EACH ROW EXECUTE FUNCTION guard.level_stands();

{secure:lowering}
GRANT SELECT, INSERT, UPDATE (answered_at, granted) ON lowering TO mrejesho_web;
CREATE POLICY lowering_read ON lowering FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'public' AND case_id = (SELECT guard.case_id())
  OR (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
CREATE POLICY lowering_ask ON lowering FOR INSERT TO mrejesho_web WITH CHECK (
  (SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer())
  AND answered_at IS NULL AND granted IS NULL
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id AND c.confidentiality = from_level)
  -- What ethics keeps comes down with an ethics officer's and the citizen's word, never with one.
  AND (from_level <> 'restricted' OR (SELECT guard.has('ethics'))));
CREATE POLICY lowering_answer ON lowering FOR UPDATE TO mrejesho_web USING (
  (SELECT guard.kind()) = 'public' AND case_id = (SELECT guard.case_id())
  AND answered_at IS NULL)
  WITH CHECK (answered_at IS NOT NULL AND granted IS NOT NULL);

-- What was noted among ethics officers stays theirs after the case went back to its institution.
-- Of a citizen whose hours are not kept the day of the yes is known: what an ethics officer wrote on
-- that day counts as before it.
CREATE FUNCTION guard.kept_by_ethics(p_case uuid, p_at timestamptz, p_officer integer)
  RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM lowering l JOIN "case" c ON c.id = l.case_id
    WHERE l.case_id = p_case AND l.granted AND l.from_level = 'restricted'
      AND (p_at <= l.answered_at
           OR p_at < l.answered_at + interval '1 day'
              AND EXISTS (SELECT FROM officer o WHERE o.id = p_officer AND 'ethics' = ANY (o.roles)
                             AND o.institution_id <> c.institution_id))
      AND c.confidentiality <> 'restricted')
$$;
CREATE POLICY kept_by_ethics ON message AS RESTRICTIVE FOR SELECT TO mrejesho_web
  USING (NOT internal OR NOT guard.kept_by_ethics(case_id, at, officer_id));

-- Extracts: ethics writes one for a post, which reads it and answers; nothing else of the case.
{secure:extract}
GRANT SELECT, INSERT, UPDATE (answer, answered_by, answered_at) ON extract TO mrejesho_web;
CREATE POLICY extract_ethics ON extract FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer'
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id AND c.confidentiality = 'restricted'));
CREATE POLICY extract_hand_over ON extract FOR INSERT TO mrejesho_web WITH CHECK (
  (SELECT guard.has('ethics')) AND by_officer_id = (SELECT guard.officer())
  AND answer IS NULL AND answered_by IS NULL
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id AND c.confidentiality = 'restricted'));
CREATE POLICY extract_addressee ON extract FOR SELECT TO mrejesho_web USING (
  case_id <> ALL ((SELECT guard.conflicts())::uuid[])
  AND (post_id = ANY ((SELECT guard.ids('posts'))::integer[])
       OR officer_id = (SELECT guard.officer())));
CREATE POLICY extract_answer ON extract FOR UPDATE TO mrejesho_web USING (
  answered_at IS NULL AND case_id <> ALL ((SELECT guard.conflicts())::uuid[])
  AND (post_id = ANY ((SELECT guard.ids('posts'))::integer[])
       OR officer_id = (SELECT guard.officer())))
  WITH CHECK (answered_by = (SELECT guard.officer()));

REVOKE EXECUTE ON FUNCTION guard.may_decide(uuid), guard.may_compare(uuid),
  guard.exclude(uuid, integer[], text, timestamptz), guard.words_said(uuid),
  guard.persons_named(uuid), guard.exclusions(timestamptz, uuid, integer),
  guard.exclusions_of(uuid), guard.institution_of(uuid), guard.decide_exclusion(uuid, integer, text, timestamptz),
  guard.standing_of(integer), guard.level_stands(), guard.people_changed(), guard.kept_by_ethics(uuid, timestamptz, integer)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.may_decide(uuid), guard.may_compare(uuid),
  guard.exclude(uuid, integer[], text, timestamptz), guard.words_said(uuid),
  guard.persons_named(uuid), guard.kept_by_ethics(uuid, timestamptz, integer)
  TO mrejesho_web, mrejesho_worker;
GRANT EXECUTE ON FUNCTION guard.exclusions(timestamptz, uuid, integer),
  guard.exclusions_of(uuid), guard.institution_of(uuid), guard.decide_exclusion(uuid, integer, text, timestamptz)
  TO mrejesho_web;
GRANT EXECUTE ON FUNCTION guard.standing_of(integer) TO mrejesho_worker;
