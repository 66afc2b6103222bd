-- The inbox: words to search by, and the filters an officer saved.

-- What the search looks through, a row for each case: the place, and the words between citizen and
-- office of an open case. Of a confidential or restricted case, and of notes among officers, no
-- word stands here. Nobody reads or writes the table but the owner's functions.
{secure:case_words}
-- '@17': the institution that has the case, beside its words in one index. Without it, a word that
-- many write would be looked up for the whole country and sorted out afterwards. No text makes such
-- a lexeme: to_tsvector drops the sign.
CREATE FUNCTION guard.facts_as_words(p_institution integer, p_place text) RETURNS tsvector
  LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
AS $$
  SELECT array_to_tsvector(ARRAY['@' || p_institution])
         || strip(to_tsvector('simple', coalesce(p_place, '')))
$$;

-- Many messages at once, as a history is loaded, cost one statement. OFFSET 0 keeps the look-up of
-- the case a look-up by its key, whatever the planner knew of the table when it first planned this.
CREATE FUNCTION guard.words_added() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  INSERT INTO case_words (case_id, received_at, words)
  SELECT c.id, c.received_at, guard.facts_as_words(c.institution_id, c.place)
         || CASE WHEN c.confidentiality = 'open' THEN a.said ELSE '' END
    FROM (SELECT case_id, strip(to_tsvector('simple', coalesce(
                   string_agg(body, ' ') FILTER (WHERE NOT internal), ''))) AS said
            FROM added GROUP BY case_id) a
   CROSS JOIN LATERAL (SELECT x.* FROM "case" x WHERE x.id = a.case_id OFFSET 0) c
  ON CONFLICT (case_id) DO UPDATE SET words = case_words.words || EXCLUDED.words;
  RETURN NULL;
END
$$;
CREATE TRIGGER words_added AFTER INSERT ON message REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION guard.words_added();

-- Anew from what stands: words were sealed, shortened or removed, the case moved or changed level.
CREATE FUNCTION guard.reword(p_case uuid) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  INSERT INTO case_words (case_id, received_at, words)
  SELECT c.id, c.received_at, guard.facts_as_words(c.institution_id, c.place)
         || strip(to_tsvector('simple', coalesce((
              SELECT string_agg(m.body, ' ') FROM message m
               WHERE m.case_id = c.id AND NOT m.internal AND c.confidentiality = 'open'), '')))
    FROM "case" c WHERE c.id = p_case
  ON CONFLICT (case_id) DO UPDATE SET words = EXCLUDED.words
$$;
CREATE FUNCTION guard.words_changed() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$ BEGIN PERFORM guard.reword(NEW.case_id); RETURN NULL; END $$;
CREATE TRIGGER words_changed AFTER UPDATE OF body ON message FOR EACH ROW
  WHEN (OLD.body IS DISTINCT FROM NEW.body) EXECUTE FUNCTION guard.words_changed();
CREATE FUNCTION guard.case_changed() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$ BEGIN PERFORM guard.reword(NEW.id); RETURN NULL; END $$;
CREATE TRIGGER case_changed AFTER UPDATE OF institution_id, confidentiality, place ON "case"
  FOR EACH ROW WHEN (OLD.institution_id <> NEW.institution_id
                     OR OLD.confidentiality <> NEW.confidentiality
                     OR OLD.place IS DISTINCT FROM NEW.place)
  EXECUTE FUNCTION guard.case_changed();

-- The cases that the present officer sees and that fit, the newest first, and of each the first
-- message with one of the words. The text operators are not leakproof, so under policies their
-- index would stand unused: here the same predicate stands beside them. Planned anew each time,
-- since what is cheap depends on the words and on how much has climbed to the officer's posts.
CREATE FUNCTION guard.search(p_reference text, p_all text, p_any text, p_at timestamptz,
                             p_after uuid, p_limit integer)
  RETURNS TABLE (case_id uuid, body text)
  LANGUAGE plpgsql STABLE ROWS 30 SECURITY DEFINER SET search_path = public, pg_temp
  SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
  v_here integer[] := guard.institution() || guard.ids('heads') || guard.ids('coordinates');
  v_posts integer[] := guard.ids('posts');
  v_officer integer := guard.officer();
  v_all tsquery := to_tsquery('simple', p_all);
  v_any tsquery := to_tsquery('simple', p_any);
  v_near tsquery;
BEGIN
  IF guard.kind() <> 'officer' THEN RETURN; END IF;
  v_near := (SELECT string_agg('''@' || n || '''', ' | ')::tsquery FROM unnest(v_here) AS n)
            && v_all;
  RETURN QUERY
  WITH near AS (
    SELECT c.id, w.received_at
      FROM (SELECT x.case_id, x.received_at FROM case_words x
             WHERE x.words @@ v_near
               AND (p_after IS NULL OR (x.received_at, x.case_id) < (p_at, p_after))
             ORDER BY x.received_at DESC, x.case_id DESC OFFSET 0) w
      JOIN "case" c ON c.id = w.case_id
     WHERE {officer_sees:c}
     ORDER BY w.received_at DESC, w.case_id DESC LIMIT p_limit
  ), climbed AS (
    SELECT c.id, w.received_at
      FROM (SELECT x.case_id, x.received_at
              FROM (SELECT DISTINCT e.case_id FROM escalation e
                     WHERE e.way <> 'skipped' AND e.from_institution_id <> ALL (v_here)
                       AND (e.post_id = ANY (v_posts) OR e.copy_post_id = ANY (v_posts)
                            OR e.way = 'deputy' AND e.officer_id = v_officer)) e
              JOIN case_words x ON x.case_id = e.case_id AND x.words @@ v_all
             WHERE p_after IS NULL OR (x.received_at, x.case_id) < (p_at, p_after)
             ORDER BY x.received_at DESC, x.case_id DESC OFFSET 0) w
      JOIN "case" c ON c.id = w.case_id
     WHERE {officer_sees:c}
     ORDER BY w.received_at DESC, w.case_id DESC LIMIT p_limit
  ), named AS (
    SELECT c.id, c.received_at FROM "case" c
     WHERE c.reference = p_reference AND {officer_sees:c}
       AND (p_after IS NULL OR (c.received_at, c.id) < (p_at, p_after))
  ), fit AS (
    SELECT id, received_at FROM near UNION SELECT id, received_at FROM climbed
    UNION SELECT id, received_at FROM named
    ORDER BY received_at DESC, id DESC LIMIT p_limit
  )
  SELECT f.id, (
      SELECT m.body::text FROM message m JOIN "case" o ON o.id = m.case_id
       WHERE m.case_id = f.id AND o.confidentiality = 'open' AND NOT m.internal
         AND to_tsvector('simple', m.body) @@ v_any ORDER BY m.seq LIMIT 1)
    FROM fit f ORDER BY f.received_at DESC, f.id DESC;
END
$$;

-- Filters that an officer saved under a name: the own rows, and what a leader of the institution
-- shares with it.
{secure:saved_view}
GRANT SELECT, INSERT, DELETE, UPDATE (name, shared) ON saved_view TO mrejesho_web;
CREATE POLICY saved_view_own ON saved_view TO mrejesho_web
  USING (officer_id = (SELECT guard.officer()))
  WITH CHECK (officer_id = (SELECT guard.officer()) AND (NOT shared OR (
    institution_id = (SELECT guard.institution())
    AND ((SELECT guard.has('coordinator')) OR (SELECT guard.has('head'))))));
CREATE POLICY saved_view_shared ON saved_view FOR SELECT TO mrejesho_web
  USING (shared AND institution_id = (SELECT guard.institution()));

REVOKE EXECUTE ON FUNCTION guard.facts_as_words(integer, text), guard.words_added(),
  guard.reword(uuid), guard.words_changed(), guard.case_changed(),
  guard.search(text, text, text, timestamptz, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.search(text, text, text, timestamptz, uuid, integer)
  TO mrejesho_web;
