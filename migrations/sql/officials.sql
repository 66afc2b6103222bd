-- What officials on a rung see at once, decide about reasons, delegate and are recommended.

-- What a rung asks of its post stands beside it, so that a post's list costs what is shown of it, and
-- not what ever reached the post. standing: its case is open and on this ladder, and no later rung
-- of the post stands for it. asks: an explanation is missing, the handler's reason waits for the
-- post's decision, or the post accepted it. Derived from the case here alone, whoever changes it.
CREATE FUNCTION guard.derive_rungs(p_cases uuid[]) RETURNS void
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  UPDATE escalation e SET standing = s.standing, asks = s.asks
    FROM (
      SELECT x.id,
             c.status IN ('new', 'assigned', 'in_progress', 'waiting_citizen') AND x.way <> 'skipped' AND x.reads
             AND x.restricted = (c.confidentiality = 'restricted')
             AND NOT EXISTS (SELECT FROM escalation y WHERE y.case_id = x.case_id
               AND y.post_id = x.post_id AND y.restricted = x.restricted AND y.way <> 'skipped' AND y.reads
               AND (y.cycle, y.rung) > (x.cycle, x.rung)) AS standing,
             CASE WHEN said.id IS NULL
                    OR EXISTS (SELECT FROM directive d WHERE d.case_id = c.id
                                  AND d.done_at IS NULL AND d.kind = 'explanation')
                  THEN 'explanation'
                  WHEN EXISTS (SELECT FROM reason_decision r WHERE r.message_id = said.id
                                  AND r.accepted AND r.post_id IN (x.post_id, x.copy_post_id))
                  THEN 'accepted' ELSE 'decision' END AS asks
        FROM escalation x JOIN "case" c ON c.id = x.case_id
        LEFT JOIN LATERAL (SELECT w.id FROM message w
                            WHERE w.case_id = c.id AND w.cycle = c.cycle AND w.kind = 'delay_reason'
                            ORDER BY w.seq DESC LIMIT 1) said ON true
       WHERE x.case_id = ANY (p_cases)) s
   WHERE e.id = s.id AND (e.standing, e.asks) IS DISTINCT FROM (s.standing, s.asks)
$$;
CREATE FUNCTION guard.derive_rungs_of() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  PERFORM guard.derive_rungs(ARRAY[NEW.case_id]);
  RETURN NULL;
END
$$;
CREATE FUNCTION guard.derive_rungs_of_case() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  PERFORM guard.derive_rungs(ARRAY[NEW.id]);
  RETURN NULL;
END
$$;
CREATE FUNCTION guard.derive_rungs_added() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  PERFORM guard.derive_rungs(ARRAY(SELECT DISTINCT case_id FROM added));
  RETURN NULL;
END
$$;
CREATE TRIGGER derive_rungs AFTER UPDATE OF status, cycle, confidentiality ON "case" FOR EACH ROW
  WHEN ((OLD.status, OLD.cycle, OLD.confidentiality)
        IS DISTINCT FROM (NEW.status, NEW.cycle, NEW.confidentiality))
  EXECUTE FUNCTION guard.derive_rungs_of_case();
CREATE TRIGGER derive_rungs AFTER INSERT ON escalation REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION guard.derive_rungs_added();
CREATE TRIGGER derive_rungs AFTER INSERT ON message FOR EACH ROW
  WHEN (NEW.kind = 'delay_reason') EXECUTE FUNCTION guard.derive_rungs_of();
CREATE TRIGGER derive_rungs AFTER INSERT OR UPDATE OF done_at ON directive FOR EACH ROW
  WHEN (NEW.kind = 'explanation') EXECUTE FUNCTION guard.derive_rungs_of();
CREATE TRIGGER derive_rungs AFTER INSERT ON reason_decision FOR EACH ROW
  EXECUTE FUNCTION guard.derive_rungs_of();

-- Delegations that run on a day: until their last day, while who gave it holds the post and the
-- delegate works in its institution. By nothing else than this an officer reads for a post.
CREATE FUNCTION guard.delegations_of(p_officer integer, p_day date) RETURNS integer[]
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT coalesce(array_agg(d.id), '{}')
    FROM delegation d
    JOIN officer o ON o.id = d.officer_id
    JOIN officer g ON g.id = d.by_officer_id AND g.active
    JOIN post p ON p.id = d.post_id AND p.institution_id = o.institution_id
   WHERE d.officer_id = p_officer AND d.ended_at IS NULL AND d.until_day >= p_day
     AND EXISTS (SELECT FROM guard.posts_of(d.by_officer_id, p_day) h WHERE h.post_id = d.post_id)
$$;
-- Whether one of the asker's delegations opens a case that reached these posts.
CREATE FUNCTION guard.delegated(p_case uuid, p_post integer, p_copy integer) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM delegation d
    WHERE d.id = ANY (guard.ids('delegated')) AND d.post_id IN (p_post, p_copy)
      AND (d.case_id IS NULL OR d.case_id = ANY (guard.group_of(p_case))))
$$;
-- Who reads a case by delegation, for whoever sees it: no restricted one is delegated.
CREATE FUNCTION guard.delegates(p_case uuid) RETURNS integer[]
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT coalesce(array_agg(DISTINCT d.officer_id), '{}')
    FROM escalation e
    JOIN delegation d ON d.post_id IN (e.post_id, e.copy_post_id) AND d.ended_at IS NULL
   WHERE e.case_id = ANY (guard.group_of(p_case)) AND NOT e.restricted AND e.way <> 'skipped' AND e.reads
     AND (d.case_id IS NULL OR d.case_id = ANY (guard.group_of(p_case)))
     AND d.id = ANY (guard.delegations_of(d.officer_id,
                                          (now() AT TIME ZONE 'Africa/Dar_es_Salaam')::date))
     AND guard.sees(p_case)
$$;
-- Whether an officer may be named by the asker to read for a post: active, of its institution, with
-- a role that looks at oversight's pages. The asker holds the post.
CREATE FUNCTION guard.may_delegate(p_post integer, p_officer integer) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT p_post = ANY (guard.ids('posts')) AND p_officer <> guard.officer()
     AND EXISTS (SELECT FROM officer o JOIN post p ON p.institution_id = o.institution_id
       WHERE o.id = p_officer AND o.active AND p.id = p_post
         AND o.roles && ARRAY['head', 'oversight'])
$$;

-- Delegations: for the delegate, who gave it, and the post, none of them kept away from the case.
-- Given by the holder in the own name, of a case only where the post stands on its rung; ended by
-- post or delegate.
{secure:delegation}
GRANT SELECT, INSERT, UPDATE (ended_at, ended_by) ON delegation TO mrejesho_web;
GRANT SELECT ON delegation TO mrejesho_worker;
CREATE POLICY delegation_read ON delegation FOR SELECT TO mrejesho_web USING (
  (officer_id = (SELECT guard.officer()) OR by_officer_id = (SELECT guard.officer())
   OR post_id = ANY ((SELECT guard.ids('posts'))::integer[]))
  AND coalesce(case_id <> ALL ((SELECT guard.conflicts())::uuid[]), true));
CREATE POLICY delegation_give ON delegation FOR INSERT TO mrejesho_web WITH CHECK (
  by_officer_id = (SELECT guard.officer()) AND ended_at IS NULL
  AND guard.may_delegate(post_id, officer_id)
  AND (case_id IS NULL OR guard.reached(case_id, false)
       AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id AND c.confidentiality <> 'restricted')));
CREATE POLICY delegation_end ON delegation FOR UPDATE TO mrejesho_web
  USING (ended_at IS NULL AND (officer_id = (SELECT guard.officer())
         OR post_id = ANY ((SELECT guard.ids('posts'))::integer[])))
  WITH CHECK (ended_by = (SELECT guard.officer()));
CREATE POLICY job_reads ON delegation FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- Decisions about reasons: of the process, for every officer who sees the case; in the own name, for
-- a post that one holds or for which one stands in on that rung. Nobody changes one.
{secure:reason_decision}
GRANT SELECT, INSERT ON reason_decision TO mrejesho_web;
GRANT SELECT ON reason_decision TO mrejesho_worker;
CREATE POLICY reason_decision_read ON reason_decision FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
CREATE POLICY reason_decision_make ON reason_decision FOR INSERT TO mrejesho_web WITH CHECK (
  officer_id = (SELECT guard.officer())
  AND EXISTS (SELECT FROM escalation e WHERE e.id = escalation_id AND e.case_id = reason_decision.case_id
     AND e.way <> 'skipped' AND e.reads AND reason_decision.post_id IN (e.post_id, e.copy_post_id)
     AND (reason_decision.post_id = ANY ((SELECT guard.ids('posts'))::integer[])
          OR e.way = 'deputy' AND e.officer_id = (SELECT guard.officer()))));
CREATE POLICY job_reads ON reason_decision FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- Recommendations: written by a delegate while the delegation runs, read by the delegate and the
-- post, settled by the post.
{secure:recommendation}
GRANT SELECT, INSERT, UPDATE (settled_at, settled_by, directive_id) ON recommendation TO mrejesho_web;
GRANT SELECT, UPDATE (sealed) ON recommendation TO mrejesho_worker;
CREATE POLICY recommendation_read ON recommendation FOR SELECT TO mrejesho_web USING (
  (officer_id = (SELECT guard.officer()) OR post_id = ANY ((SELECT guard.ids('posts'))::integer[]))
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
CREATE POLICY recommendation_write ON recommendation FOR INSERT TO mrejesho_web WITH CHECK (
  officer_id = (SELECT guard.officer()) AND settled_at IS NULL
  AND delegation_id = ANY ((SELECT guard.ids('delegated'))::integer[])
  AND EXISTS (SELECT FROM delegation d WHERE d.id = delegation_id AND d.post_id = recommendation.post_id
     AND (d.case_id IS NULL OR d.case_id = recommendation.case_id))
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
CREATE POLICY recommendation_settle ON recommendation FOR UPDATE TO mrejesho_web
  USING (settled_at IS NULL AND post_id = ANY ((SELECT guard.ids('posts'))::integer[])
         AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id))
  WITH CHECK (settled_by = (SELECT guard.officer()));
CREATE POLICY job_all ON recommendation TO mrejesho_worker USING ((SELECT guard.kind()) = 'job');

-- The inbox on the asker's rungs. Whoever a rung of a post is for sees the case by that alone, so
-- that the predicate of the policies comes down to who is kept away and, of a restricted case, to the
-- institution. p_what: all, explanation, decision, accepted (what the rung asks), fresh (since the
-- day began; the index is followed no further back than an outage may last) or overdue (a directive
-- of the post). The predicate of each list stands here alone, for its page and for its count.
-- $1 institution, $2 the asker's posts, $3 when the day began, $4 the day, $5 cases of a conflict.
CREATE FUNCTION guard.rung_part(p_what text, p_mine text) RETURNS text
  LANGUAGE sql STABLE
AS $$
  SELECT 'FROM escalation x WHERE ' || p_mine || ' AND x.standing'
    || ' AND ($1 IS NULL OR x.from_institution_id = $1)'
    || ' AND (r.alone IS NULL OR x.case_id = r.alone) AND NOT (r.delegated AND x.restricted)'
    || ' AND x.case_id <> ALL ($5)'
    || ' AND (NOT x.restricted OR EXISTS (SELECT FROM "case" c WHERE c.id = x.case_id'
    || '      AND c.institution_id <> guard.institution()))'
    -- Of several posts that one case reached, the latest stands for it; of one post it does anyway.
    || CASE WHEN cardinality(guard.ids('posts')) > 1 THEN
         ' AND NOT EXISTS (SELECT FROM escalation y WHERE y.case_id = x.case_id AND y.standing'
         || ' AND (y.due_at, y.id) > (x.due_at, x.id)'
         || ' AND (y.post_id = ANY ($2) OR y.copy_post_id = ANY ($2)))'
       ELSE '' END
    || CASE
         WHEN p_what IN ('explanation', 'decision', 'accepted') THEN ' AND x.asks = ' || quote_literal(p_what)
         WHEN p_what = 'fresh' THEN
           ' AND x.at >= $3 AND x.due_at >= $3 - interval ''4 days'''
         WHEN p_what = 'overdue' THEN
           ' AND x.case_id IN (SELECT d.case_id FROM directive d WHERE d.done_at IS NULL'
           || ' AND d.post_id = r.post AND d.due_on < $4)'
         ELSE '' END
$$;
CREATE FUNCTION guard.rung_reads() RETURNS TABLE (post integer, alone uuid, delegated boolean)
  LANGUAGE sql STABLE ROWS 2 SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT p, NULL::uuid, false FROM unnest(guard.ids('posts')) AS p
  UNION ALL
  SELECT d.post_id, d.case_id, true FROM delegation d
   WHERE guard.ids('delegated') <> '{}' AND d.id = ANY (guard.ids('delegated'))
     AND d.post_id <> ALL (guard.ids('posts'))
$$;
-- The three ways by which a rung is somebody's: the post, a copy of it, a holder's place in one case.
CREATE FUNCTION guard.rung_parts(p_what text, p_columns text, p_more text) RETURNS text
  LANGUAGE sql STABLE
AS $$
  SELECT string_agg('SELECT e.* FROM ' || way.readers || ' r CROSS JOIN LATERAL (SELECT '
      || p_columns || ' ' || guard.rung_part(p_what, way.mine) || ' ' || p_more || ') e', ' UNION ')
    FROM (VALUES
      ('guard.rung_reads()', 'x.post_id = r.post'),
      ('guard.rung_reads()', 'x.copy_post_id = r.post'),
      ('(SELECT NULL::integer AS post, NULL::uuid AS alone, false AS delegated)',
       'x.officer_id = guard.officer() AND x.way = ''deputy'' AND EXISTS ('
       || 'SELECT FROM post_holding h WHERE h.post_id = x.post_id AND h.officer_id = x.officer_id'
       || ' AND h.capacity = ''deputy'' AND (h.until_day IS NULL OR h.until_day >= $4))')
    ) AS way (readers, mine)
$$;

-- A page, the newest first, from a key on, with what its rows show: facts of the process alone.
CREATE FUNCTION guard.on_rung(p_what text, p_institution integer, p_day timestamptz,
                              p_at timestamptz, p_id uuid, p_limit integer)
  RETURNS TABLE (id uuid, case_id uuid, rung integer, cycle integer, clock text, ladder text,
                 post_id integer, way text, climbed_at timestamptz, asks text, reference text,
                 kind text, category_id integer, institution_id integer, confidentiality text,
                 case_due_at timestamptz, handler_name text, held_since timestamptz,
                 explained_at timestamptz, accepted_at timestamptz, directives bigint,
                 overdue boolean, delegated boolean)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_day date := (p_day AT TIME ZONE 'Africa/Dar_es_Salaam')::date;
BEGIN
  IF guard.kind() <> 'officer' THEN RETURN; END IF;
  RETURN QUERY EXECUTE
    'SELECT x.id, x.case_id, x.rung, x.cycle, x.clock::text, x.ladder::text, x.post_id, x.way::text,'
    || ' x.due_at, x.asks::text, c.reference::text, c.kind::text, c.category_id, c.institution_id,'
    || ' c.confidentiality::text, c.due_at, o.name::text,'
    || ' (SELECT max(a.at) FROM assignment a WHERE a.case_id = c.id AND a.ended_at IS NULL),'
    || ' said.at, (SELECT max(d.at) FROM reason_decision d WHERE d.message_id = said.id AND d.accepted),'
    || ' (SELECT count(*) FROM directive d WHERE d.case_id = c.id),'
    || ' EXISTS (SELECT FROM directive d WHERE d.case_id = c.id AND d.done_at IS NULL'
    || '         AND d.due_on < $4), k.delegated'
    || ' FROM (SELECT DISTINCT ON (due_at, id) * FROM ('
    || guard.rung_parts(p_what, 'x.id, x.due_at, r.delegated',
         CASE WHEN p_at IS NULL THEN '' ELSE 'AND (x.due_at, x.id) < ($6, $7)' END
         || ' ORDER BY x.due_at DESC, x.id DESC LIMIT $8')
    || ') every ORDER BY due_at DESC, id DESC, delegated LIMIT $8) k'
    || ' JOIN escalation x ON x.id = k.id JOIN "case" c ON c.id = x.case_id'
    || ' LEFT JOIN officer o ON o.id = c.handler_id'
    || ' LEFT JOIN LATERAL (SELECT w.id, w.at FROM message w WHERE w.case_id = c.id'
    || '   AND w.cycle = c.cycle AND w.kind = ''delay_reason'' ORDER BY w.seq DESC LIMIT 1) said ON true'
    || ' ORDER BY x.due_at DESC, x.id DESC'
    USING p_institution, guard.ids('posts'), p_day, v_day, guard.conflicts(), p_at, p_id, p_limit;
END
$$;

-- How many cases each of these lists has, at most p_most.
CREATE FUNCTION guard.on_rung_counts(p_institution integer, p_day timestamptz, p_most integer)
  RETURNS TABLE (what text, cases bigint)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_day date := (p_day AT TIME ZONE 'Africa/Dar_es_Salaam')::date;
BEGIN
  IF guard.kind() <> 'officer' THEN RETURN; END IF;
  FOREACH what IN ARRAY ARRAY['all', 'explanation', 'decision', 'overdue', 'fresh', 'accepted']
  LOOP
    EXECUTE 'SELECT count(*) FROM (SELECT FROM (' || guard.rung_parts(what, 'x.id', 'LIMIT $6')
      || ') every LIMIT $6) counted'
      INTO cases USING p_institution, guard.ids('posts'), p_day, v_day, guard.conflicts(), p_most;
    RETURN NEXT;
  END LOOP;
END
$$;

-- The newest of them by institution.
CREATE FUNCTION guard.on_rung_by_institution(p_day timestamptz, p_most integer)
  RETURNS TABLE (institution_id integer, cases bigint, newest timestamptz)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_day date := (p_day AT TIME ZONE 'Africa/Dar_es_Salaam')::date;
BEGIN
  IF guard.kind() <> 'officer' THEN RETURN; END IF;
  RETURN QUERY EXECUTE 'SELECT e.from_institution_id, count(*), max(e.due_at) FROM ('
    || guard.rung_parts('all', 'x.id, x.from_institution_id, x.due_at',
                        'ORDER BY x.due_at DESC, x.id DESC LIMIT $6')
    || ') e GROUP BY 1 ORDER BY 2 DESC, 1'
    USING NULL::integer, guard.ids('posts'), p_day, v_day, guard.conflicts(), p_most;
END
$$;

REVOKE EXECUTE ON FUNCTION guard.derive_rungs(uuid[]), guard.derive_rungs_of(),
  guard.derive_rungs_of_case(), guard.derive_rungs_added(),
  guard.delegations_of(integer, date), guard.delegated(uuid, integer, integer),
  guard.delegates(uuid), guard.may_delegate(integer, integer),
  guard.rung_part(text, text), guard.rung_reads(), guard.rung_parts(text, text, text),
  guard.on_rung(text, integer, timestamptz, timestamptz, uuid, integer),
  guard.on_rung_counts(integer, timestamptz, integer),
  guard.on_rung_by_institution(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.delegates(uuid), guard.may_delegate(integer, integer),
  guard.on_rung(text, integer, timestamptz, timestamptz, uuid, integer),
  guard.on_rung_counts(integer, timestamptz, integer),
  guard.on_rung_by_institution(timestamptz, integer) TO mrejesho_web;
